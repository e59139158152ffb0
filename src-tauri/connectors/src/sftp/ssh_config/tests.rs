#![allow(clippy::unwrap_used)]
use std::path::Path;

use super::*;

fn files(folder: &Path, config: &str) -> Files {
    std::fs::create_dir_all(folder.join(".ssh")).unwrap();
    std::fs::write(folder.join(".ssh/config"), config).unwrap();
    Files { paths: vec![folder.join(".ssh/config")], home: folder.into(), user: "me".into() }
}

fn lookup(config: &str, host: &str) -> HostConfig {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path(), config).lookup(host, None).unwrap()
}

#[test]
fn the_first_value_wins_and_identities_are_collected() {
    let found = lookup(
        "Host a*\n User=first\n IdentityFile ~/one\nHost * !b\n User second\n Port 2222\n IdentityFile \"~/my two\"\n",
        "a1",
    );
    assert_eq!((found.get("user"), found.number::<u16>("port")), (Some("first"), Some(2222)));
    assert_eq!(found.all("identityfile").collect::<Vec<_>>(), ["~/one", "~/my two"]);
}

#[test]
fn a_host_that_is_excepted_gets_nothing() {
    assert_eq!(lookup("Host * !b\n User x\n", "b").get("user"), None);
    assert_eq!(lookup("Host * !b\n User x\n", "c").get("user"), Some("x"));
}

#[test]
fn what_stands_before_the_first_host_is_for_all() {
    assert_eq!(lookup("Compression yes\nHost other\n User x\n", "a").get("compression"), Some("yes"));
    assert!(lookup("COMPRESSION Yes\n", "a").is("compression"));
}

#[test]
fn matches_by_host_and_user() {
    let config = "Host a\n HostName real.example.org\n User them\nMatch host *.example.org user them\n Port 1\n\
        Match !host a originalhost a localuser me\n ConnectTimeout 7\nMatch all\n Compression yes\n";
    let found = lookup(config, "a");
    assert_eq!((found.get("port"), found.get("connecttimeout")), (Some("1"), Some("7")));
    assert!(found.is("compression"));
    assert_eq!(lookup(config, "b").get("port"), None);
}

#[test]
fn commands_are_never_run() {
    let found = lookup("Match exec \"touch /tmp/x\"\n User x\nHost *\n Port 3\n", "a");
    assert_eq!((found.get("user"), found.get("port")), (None, Some("3")));
    assert_eq!(found.passed.len(), 1);
    assert!(found.passed[0].ends_with(":1: Match exec is not followed"), "{:?}", found.passed);
}

#[test]
fn other_files_are_included_where_they_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path(), "Host a\n Include parts/*.conf\nHost *\n User last\n");
    std::fs::create_dir(folder.path().join(".ssh/parts")).unwrap();
    std::fs::write(folder.path().join(".ssh/parts/1.conf"), "Port 11\nHost other\n User other\n").unwrap();
    std::fs::write(folder.path().join(".ssh/parts/2.conf"), "Port 12\nHostName real\n").unwrap();
    let found = files.lookup("a", None).unwrap();
    assert_eq!((found.get("port"), found.get("hostname"), found.get("user")), (Some("11"), Some("real"), Some("last")));
    assert_eq!(files.lookup("b", None).unwrap().get("port"), None);
    std::fs::write(folder.path().join(".ssh/parts/1.conf"), "Include parts/1.conf\n").unwrap();
    assert!(files.lookup("a", None).is_err(), "files that include each other end somewhere");
}

#[test]
fn one_way_to_a_host_is_enough() {
    let found = lookup("Host a\n ProxyJump none\nHost *\n ProxyJump b\n ProxyCommand nc %h\n", "a");
    assert_eq!((found.get("proxyjump"), found.get("proxycommand")), (Some("none"), None));
}

#[test]
fn signs_are_replaced() {
    let home = Path::new("/home/me");
    let tokens = Tokens { home, host: "h", written: "n", port: 5, remote_user: "r", user: "u", alias: "k" };
    assert_eq!(tokens.fill("%h-%n-%p-%r-%u-%k-%d-%%-%z"), "h-n-5-r-u-k-/home/me-%-%z");
    assert_eq!(tokens.path("~/.ssh/%r"), Path::new("/home/me/.ssh/r"));
    assert_eq!(tokens.fill("a${LONGSHORE_NEVER_SET}b"), "ab");
}
