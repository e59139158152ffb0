//! Variables that Longshore itself reads, and variables as a run gets them: the built-in values, those that were set, and those that the
//! environment sets above all.
//!
//! Among them are those of an archiving service that kept its variables in Prefect (sections `[archiver]`, `[lts]`, `[minio]` or `[s3]`, `[scicat]`
//! of its TOML): Prefect knows them in lower case, the environment in capitals, and so does Longshore.

mod form;
mod known;

use longshore_engine::Fault;
use longshore_engine::flow::size;
use serde_json::{Map, Value};

pub use form::Form;
pub use known::{KNOWN, Known};

/// The one that Longshore reads under this name.
pub fn known(name: &str) -> Option<&'static Known> {
    KNOWN.binary_search_by(|known| known.name.cmp(name)).ok().map(|at| &KNOWN[at])
}

/// The name that a variable is kept under: lower case, and of those that were renamed from `MINIO_` to `S3_` the older name. Nothing where
/// Longshore does not read it, in either form.
pub fn canonical(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let older = lower.strip_prefix("s3_").map(|rest| format!("minio_{rest}"));
    let one = known(&lower).or_else(|| known(&older?));
    one.map(|known| known.name)
}

/// Whether a variable may have this value; why not.
///
/// # Errors
/// `variable.value`, of one that Longshore itself reads.
pub fn check(name: &str, value: &Value) -> Result<(), Fault> {
    let Some(known) = known(name) else { return Ok(()) };
    known.form.check(value).map_err(|why| {
        Fault::permanent("variable.value", format!("The variable {name} is wrong"), why)
            .now(format!("Set it right with: longshore variable set {name} VALUE"))
    })
}

/// All variables, with those above the others in `over`. Those whose name ends in `_bytes` may be written as `64 MiB`, and are numbers here.
/// What Longshore itself reads is checked, so that a wrong one is named before anything begins.
pub fn all(set: Map<String, Value>, over: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let mut all = Map::new();
    for known in KNOWN {
        let value = (known.value)();
        if !value.is_null() {
            all.insert(known.name.to_owned(), value);
        }
    }
    let own_target = [&set, over].iter().any(|given| given.contains_key(known::DATABLOCK_TARGET));
    all.extend(set);
    all.extend(over.clone());
    for (name, value) in &all {
        check(name, value)?;
    }
    if !own_target {
        all.extend(archiver_target(&all).map(|bytes| (known::DATABLOCK_TARGET.to_owned(), bytes.into())));
    }
    for (name, value) in &mut all {
        if let Some(plain) = plain(name, value) {
            *value = plain;
        }
    }
    Ok(all)
}

/// The target size of datablocks in bytes as the archiving service has it: in megabytes, or in gigabytes.
pub fn archiver_target(all: &Map<String, Value>) -> Option<u64> {
    let number = |name| all.get(name).and_then(Form::number);
    let (megabytes, gigabytes) = (number("archiver_target_size_mb"), number("archiver_target_size_gb"));
    let bytes = megabytes.map(|count| count * 1e6).or_else(|| gigabytes.map(|count| count * 1e9))?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size is no number below 0, and far below 2^63"
    )]
    Some(bytes as u64)
}

/// A value as flows calculate with it: a size as bytes, a number that was written as a text as a number.
fn plain(name: &str, value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    if name.ends_with("_bytes") {
        return size(text).map(Value::from);
    }
    known(name).filter(|known| known.form.is_number())?;
    text.trim().parse::<u64>().map(Value::from).ok().or_else(|| text.trim().parse::<f64>().map(Value::from).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_is_known_stands_in_order_and_is_right_by_itself() {
        assert!(KNOWN.windows(2).all(|pair| pair[0].name < pair[1].name));
        for known in KNOWN {
            known.form.check(&(known.value)()).unwrap();
        }
    }

    #[test]
    fn a_name_is_kept_as_prefect_has_it() {
        assert_eq!(canonical("LTS_STORAGE_ROOT"), Some("lts_storage_root"));
        assert_eq!(canonical("S3_ENDPOINT"), Some("minio_endpoint"));
        assert_eq!(canonical("s3_archival_bucket"), Some("s3_archival_bucket"));
        assert_eq!(canonical("S3_NOTHING"), None);
    }

    #[test]
    fn the_target_size_is_the_archivers_unless_it_is_set_itself() {
        let target = |set, over| all(map(set), &map(over)).unwrap()["datablock_target_bytes"].clone();
        assert_eq!(target(json!({}), json!({})), json!(20_u64 << 30));
        assert_eq!(target(json!({"archiver_target_size_gb": 500}), json!({})), json!(500_000_000_000_u64));
        assert_eq!(
            target(json!({"archiver_target_size_gb": 500}), json!({"archiver_target_size_mb": "200"})),
            json!(200_000_000)
        );
        assert_eq!(
            target(json!({"archiver_target_size_gb": 500, "datablock_target_bytes": "1 GiB"}), json!({})),
            json!(1_u64 << 30)
        );
    }

    #[test]
    fn a_wrong_one_is_named() {
        let over = map(json!({"archiver_lts_file_timeout_s": ""}));
        let fault = all(Map::new(), &over).unwrap_err();
        assert_eq!(fault.code, "variable.value");
        assert!(fault.what.contains("archiver_lts_file_timeout_s"), "{fault:?}");
        let numbers = all(map(json!({"archiver_lts_wait_before_verify_s": "180"})), &Map::new()).unwrap();
        assert_eq!(numbers["archiver_lts_wait_before_verify_s"], json!(180));
    }
}
