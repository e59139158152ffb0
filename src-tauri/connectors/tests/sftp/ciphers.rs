//! Every cipher that is offered, with the two ways of checking what it carries.

use crate::{get, open, pattern, put, with_config};

/// Around the blocks of a cipher, and longer than one packet and one request.
const LENGTHS: [usize; 9] = [0, 1, 15, 16, 17, 32_767, 32_768, 300_003, (5 << 20) + 3];

/// A cipher that checks by itself ignores the second.
const PAIRS: [[&str; 2]; 9] = [
    ["Ciphers aes128-gcm@openssh.com", "MACs hmac-sha2-256"],
    ["Ciphers aes256-gcm@openssh.com", "MACs hmac-sha2-256"],
    ["Ciphers chacha20-poly1305@openssh.com", "MACs hmac-sha2-256"],
    ["Ciphers aes128-ctr", "MACs hmac-sha2-256"],
    ["Ciphers aes128-ctr", "MACs hmac-sha2-256-etm@openssh.com"],
    ["Ciphers aes192-ctr", "MACs hmac-sha2-512"],
    ["Ciphers aes192-ctr", "MACs hmac-sha2-512-etm@openssh.com"],
    ["Ciphers aes256-ctr", "MACs hmac-sha2-512"],
    ["Ciphers aes256-ctr", "MACs hmac-sha2-512-etm@openssh.com"],
];

#[test]
fn every_cipher_carries_bytes_of_any_length() {
    for pair in PAIRS {
        let Some(server) = with_config(&pair) else { return };
        let storage = open(&server.connection());
        for length in LENGTHS {
            let content = pattern(length);
            let name = format!("file-{length}");
            put(&storage, name.as_bytes(), &content).unwrap_or_else(|error| panic!("{pair:?}, {length}: {error}"));
            assert!(std::fs::read(server.files().join(&name)).unwrap() == content, "{pair:?} up, {length}");
            assert!(get(&storage, name.as_bytes()).unwrap() == content, "{pair:?} down, {length}");
        }
    }
}

/// The server changes the keys after each mebibyte, in the midst of packets on their way in both directions.
#[test]
fn keys_are_changed_under_way() {
    for pair in [PAIRS[0], PAIRS[2], PAIRS[4]] {
        let Some(server) = with_config(&[pair[0], pair[1], "RekeyLimit 1M"]) else { return };
        let storage = open(&server.connection());
        let content = pattern((9 << 20) + 5);
        put(&storage, b"file", &content).unwrap_or_else(|error| panic!("{pair:?}: {error}"));
        assert!(get(&storage, b"file").unwrap() == content, "{pair:?}");
    }
}
