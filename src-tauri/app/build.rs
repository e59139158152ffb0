//! Declares the three commands of the window, so that each needs a permission, and embeds the UI.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ui = Path::new("ui/dist");
    if !ui.exists() {
        // So that `cargo check --workspace` does without Node; `make build` builds the real one over it.
        std::fs::create_dir_all(ui)?;
        std::fs::write(
            ui.join("index.html"),
            "<!doctype html><title>Longshore</title><p>The UI is not built: make build\n",
        )?;
    }
    println!("cargo:rerun-if-changed=ui/dist");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/app/capabilities/*.json")
        .app_manifest(tauri_build::AppManifest::new().commands(&["call", "interface", "pick"]));
    tauri_build::try_build(attributes)?;
    Ok(())
}
