//! Each target over its corpus, and over its corpus damaged: what was once found is never found again.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use longshore_fuzz::TARGETS;

#[test]
fn every_target_takes_its_corpus() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let mut inputs: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        assert!(inputs.len() >= 3, "{name}: {} inputs", inputs.len());
        for input in inputs {
            let bytes = std::fs::read(&input).unwrap();
            // The input is told by the panic of the thread that bears its name.
            let thread = std::thread::Builder::new().name(input.display().to_string());
            thread.spawn(move || target(&bytes)).unwrap().join().unwrap();
        }
    }
}

/// Every input of the corpus with each of its bytes changed, and cut at each.
#[test]
fn every_target_takes_its_corpus_damaged() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        for entry in folder.read_dir().unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let stride = (bytes.len() / 200).max(1);
            for at in (0..bytes.len()).step_by(stride) {
                target(&bytes[..at]);
                for change in [0x01, 0x80, 0xff] {
                    let mut damaged = bytes.clone();
                    damaged[at] ^= change;
                    target(&damaged);
                }
            }
        }
    }
}
