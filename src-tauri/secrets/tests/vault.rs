//! Secrets read from a real OpenBao, installed by `scripts/install.sh test`.
#![allow(clippy::unwrap_used)]

use longshore_secrets::{Cause, ExposeSecret as _, Vault};
use longshore_testkit::servers::{OpenBao, free_ports};

/// How to reach a server, with these variables besides the address.
fn vault_at(server: &OpenBao, more: &[(&str, &str)]) -> Vault {
    Vault::from(|name| {
        let given = more.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        given.or_else(|| (name == "VAULT_ADDR").then(|| server.url()))
    })
    .unwrap()
}

#[test]
fn secrets_are_read_by_token_and_by_approle_and_refusals_say_why() {
    let server = OpenBao::start();
    server.bao(&["kv", "put", "secret/lab/s3", "password=from-bao-71", "number=5"]);
    let vault = vault_at(&server, &[("VAULT_TOKEN", OpenBao::TOKEN)]);
    assert_eq!(vault.read("secret", "lab/s3", "password").unwrap().expose_secret(), "from-bao-71");
    assert_eq!(vault.read("secret", "lab/s3", "number").unwrap().expose_secret(), "5");
    let why = |vault: &Vault, path: &str, field: &str, cause: Cause| {
        let refusal = vault.read("secret", path, field).unwrap_err();
        assert_eq!(refusal.cause, cause, "{}", refusal.why);
        refusal.why
    };
    assert!(why(&vault, "lab/s3", "other", Cause::NotFound).contains("no field other"));
    assert!(why(&vault, "lab/none", "x", Cause::NotFound).contains("no secret at this path"));
    server.bao(&["kv", "delete", "secret/lab/s3"]);
    assert!(why(&vault, "lab/s3", "password", Cause::NotFound).contains("deleted"));
    let wrong = vault_at(&server, &[("VAULT_TOKEN", "no-such-token-72")]);
    let refused = why(&wrong, "lab/s3", "password", Cause::Denied);
    assert!(refused.contains("may not read") && !refused.contains("no-such-token-72"), "{refused}");

    server.bao(&["auth", "enable", "approle"]);
    let policy = std::env::temp_dir().join(format!("longshore-policy-{}.hcl", std::process::id()));
    std::fs::write(&policy, "path \"secret/data/lab/*\" { capabilities = [\"read\"] }\n").unwrap();
    server.bao(&["policy", "write", "lab", policy.to_str().unwrap()]);
    std::fs::remove_file(policy).unwrap();
    server.bao(&["write", "auth/approle/role/lab", "token_policies=lab"]);
    server.bao(&["kv", "put", "secret/lab/s3", "password=from-bao-73"]);
    server.bao(&["kv", "put", "secret/other", "password=x"]);
    let role = server.bao(&["read", "-field=role_id", "auth/approle/role/lab/role-id"]);
    let id = server.bao(&["write", "-f", "-field=secret_id", "auth/approle/role/lab/secret-id"]);
    let vault = vault_at(&server, &[("VAULT_ROLE_ID", &role), ("VAULT_SECRET_ID", &id)]);
    assert_eq!(vault.read("secret", "lab/s3", "password").unwrap().expose_secret(), "from-bao-73");
    assert!(why(&vault, "other", "password", Cause::Denied).contains("may not read"));
    let wrong = vault_at(&server, &[("VAULT_ROLE_ID", &role), ("VAULT_SECRET_ID", "wrong-74")]);
    let refused = why(&wrong, "lab/s3", "password", Cause::Denied);
    assert!(refused.contains("AppRole was refused") && !refused.contains("wrong-74"), "{refused}");
}

#[test]
fn a_server_that_is_not_there_may_be_there_later() {
    let [port] = free_ports();
    let address = format!("http://127.0.0.1:{port}");
    let variable = |name: &str| match name {
        "VAULT_ADDR" => Some(address.clone()),
        "VAULT_TOKEN" => Some("quiet-token-75".to_owned()),
        _ => None,
    };
    let error = Vault::from(variable).unwrap().read("secret", "a", "b").unwrap_err();
    assert!(
        error.cause == Cause::Away && error.why.contains(&address) && !error.why.contains("quiet-token-75"),
        "{}",
        error.why
    );
}

#[test]
fn secrets_go_over_tls_or_to_this_machine() {
    let with = |address: &str| {
        Vault::from(|name| match name {
            "VAULT_ADDR" => Some(address.to_owned()),
            "BAO_TOKEN" => Some("t".to_owned()),
            _ => None,
        })
    };
    for address in ["https://vault.example:8200", "http://127.0.0.1:8200", "http://[::1]:8200", "http://localhost"] {
        with(address).unwrap();
    }
    for address in ["http://vault.example", "ftp://127.0.0.1", "nowhere", "http://127.0.0.1.example"] {
        with(address).unwrap_err();
    }
    Vault::from(|name| (name == "VAULT_ADDR").then(|| "https://v".to_owned())).unwrap_err();
}
