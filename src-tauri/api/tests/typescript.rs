//! The TypeScript that the window is built with is the one that these types make.

#[test]
fn the_made_file_is_the_one_committed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/api/types.ts");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == longshore_api::typescript::file(),
        "ui/src/api/types.ts is stale; run: cargo run -p longshore-api --bin longshore-types -- ui/src/api/types.ts"
    );
}
