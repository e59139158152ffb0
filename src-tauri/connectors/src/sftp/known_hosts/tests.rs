#![allow(clippy::unwrap_used)]
use super::*;

fn key(kind: &str, tail: u8) -> Vec<u8> {
    let length = u32::try_from(kind.len()).unwrap();
    [&length.to_be_bytes()[..], kind.as_bytes(), &[0, 0, 0, 1, tail]].concat()
}

fn shown(host: &str, kind: &str, tail: u8) -> HostKey {
    HostKey::of(host.into(), &key(kind, tail)).unwrap()
}

fn line(mark: &str, hosts: &str, kind: &str, tail: u8) -> String {
    format!("{mark}{hosts} {kind} {} a comment\n", STANDARD.encode(key(kind, tail)))
}

fn known(text: &str) -> KnownHosts {
    let mut known = KnownHosts::default();
    known.add(text, Path::new("file"));
    known
}

#[test]
fn names_and_patterns() {
    let known = known(
        &[
            "# a comment\n\n".to_owned(),
            line("", "A.example.org,10.0.0.1", "ssh-ed25519", 1),
            line("", "*.hpc.example.org,!bad.hpc.example.org", "ssh-ed25519", 2),
            line("", "[b.example.org]:2222", "ssh-ed25519", 3),
        ]
        .concat(),
    );
    for (host, tail) in [("a.example.org", 1), ("10.0.0.1", 1), ("n1.hpc.example.org", 2), ("[b.example.org]:2222", 3)]
    {
        assert_eq!(known.check(&shown(host, "ssh-ed25519", tail)), Verdict::Known, "{host}");
    }
    for host in ["bad.hpc.example.org", "b.example.org", "[a.example.org]:2222", "example.org"] {
        assert_eq!(known.check(&shown(host, "ssh-ed25519", 1)), Verdict::Unknown(vec![]), "{host}");
    }
}

#[test]
fn a_changed_key_is_not_a_new_type_of_key() {
    let known = known(&[line("", "a", "ssh-ed25519", 1), line("", "a", "ssh-rsa", 2)].concat());
    assert_eq!(known.check(&shown("a", "ssh-ed25519", 9)), Verdict::Changed("file:1".into()));
    assert_eq!(known.check(&shown("a", "ssh-rsa", 2)), Verdict::Known);
    let other = known.check(&shown("a", "ecdsa-sha2-nistp256", 1));
    assert_eq!(other, Verdict::Unknown(vec!["ssh-ed25519".into(), "ssh-rsa".into()]));
    assert_eq!(known.kinds("a"), ["ssh-ed25519", "ssh-rsa"]);
}

#[test]
fn a_revoked_key_is_refused_wherever_it_is_known() {
    let known = known(&[line("", "a", "ssh-ed25519", 1), line("@revoked ", "*", "ssh-ed25519", 1)].concat());
    assert_eq!(known.check(&shown("a", "ssh-ed25519", 1)), Verdict::Revoked("file:2".into()));
}

#[test]
fn an_authority_is_seen_and_does_not_vouch_for_plain_keys() {
    let known = known(&line("@cert-authority ", "*.example.org", "ssh-ed25519", 1));
    assert_eq!(known.check(&shown("a.example.org", "ssh-ed25519", 1)), Verdict::Unknown(vec![]));
    assert_eq!(known.authority("a.example.org"), Some("file:1"));
}

/// As `ssh-keygen -H` writes them.
#[test]
fn hashed_names() {
    let salt = [7_u8; 20];
    let hash_of = |name: &str| {
        let mac = Hmac::<sha1::Sha1>::new_from_slice(&salt).unwrap().chain_update(name.as_bytes());
        format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(mac.finalize().into_bytes()))
    };
    let known = known(&line("", &hash_of("[hpc1.example.org]:2222"), "ssh-ed25519", 1));
    assert_eq!(known.check(&shown("[hpc1.example.org]:2222", "ssh-ed25519", 1)), Verdict::Known);
    assert_eq!(known.check(&shown("hpc1.example.org", "ssh-ed25519", 1)), Verdict::Unknown(vec![]));
}

#[test]
fn a_key_is_added_behind_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/known_hosts");
    append(&shown("a", "ssh-ed25519", 1), &file).unwrap();
    std::fs::write(&file, "# no end of line").unwrap();
    append(&shown("a", "ssh-ed25519", 1), &file).unwrap();
    append(&shown("[b]:22", "ssh-rsa", 2), &file).unwrap();
    let known = KnownHosts::read([&file]).unwrap();
    assert_eq!(known.check(&shown("a", "ssh-ed25519", 1)), Verdict::Known);
    assert_eq!(known.check(&shown("[b]:22", "ssh-rsa", 2)), Verdict::Known);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("# no end of line\na "));
}
