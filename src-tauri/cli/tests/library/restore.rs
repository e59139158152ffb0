//! `glacier_restore`.

use serde_json::{Value, json};

use crate::site::Site;

#[test]
fn works_are_restored_each_by_itself_and_their_progress_is_told() {
    let site = Site::new();
    for key in ["Works/1/W1.bag.zip", "Works/2/W2.bag.zip"] {
        site.aws.script(&format!("s3.put_object(Bucket='vault', Key={key:?}, Body='x', StorageClass='GLACIER')"));
    }
    site.aws.restores_take(3);
    let params = json!({"bucket": "vault", "works": ["W1", "W3"], "key": "Works/{{ work[1:] }}/{{ work }}.bag.zip",
        "objects": [{"key": "Works/2/W2.bag.zip"}], "days": 2, "every": "1s"});
    let (code, run) = site.flow("glacier_restore", &params);
    assert_eq!(code, 1, "one of them is not there: {run:#}");
    let works = site.works();
    let of = |work: &str| works.as_array().unwrap().iter().find(|row| row["work"] == work).unwrap().clone();
    for work in ["W1", "W2"] {
        let row = of(work);
        assert_eq!(row["state"], "restored", "{row:#}");
        let time = |field: &str| row[field].as_i64().unwrap_or_else(|| panic!("{field}: {row:#}"));
        assert!(time("requested") <= time("restored") && time("until") > time("restored"));
    }
    assert_eq!(of("W3")["state"], "failed");
    assert!(of("W3")["trouble"].as_str().unwrap().starts_with("file.missing"), "{:#}", of("W3"));
    let (_, again) = site.flow("glacier_restore", &json!({"bucket": "vault", "objects": ["Works/1/W1.bag.zip"]}));
    assert_ne!(again, Value::Null);
    let table = site.place.run(["work", "list"]).expect(0).out;
    assert!(table.contains("W3") && table.contains("failed"), "{table}");
}
