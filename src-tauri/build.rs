//! Compiles the window's pages, icons, capabilities and permissions into the application.

use tauri_build::{AppManifest, Attributes};

fn main() {
    for path in ["tauri.conf.json", "ui", "icons", "src-tauri/capabilities", "src-tauri/permissions"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let attributes = Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*.json")
        .app_manifest(AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*.toml"));
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}
