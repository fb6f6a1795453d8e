//! The second module (`web/worker`): trunk leaves it under fixed names; here it gets names with
//! hashes, like every other file, and its worker around it.

use super::hash::Hash;
use super::{cannot, read, write};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// What trunk calls the module's bindings and the module.
const BINDINGS: &str = "vfio-irq-worker.js";
const MODULE: &str = "vfio-irq-worker_bg.wasm";
/// The worker, in the source.
const WORKER: &str = "web/worker/worker.js";

/// Puts the worker's two files together in folder `site`; the name of its script.
pub(super) fn put(source: &Path, site: &Path) -> Result<String> {
    let module = site.join(MODULE);
    let bytes = fs::read(&module)
        .with_context(|| cannot("read", &module))
        .context("trunk built no second module: see index.html")?;
    let named = format!("vfio-irq-worker-{}.wasm", Hash::of(&bytes).short());
    fs::rename(&module, site.join(&named)).with_context(|| cannot("rename", &module))?;

    let worker = read(&source.join(WORKER))?.replace("{wasm}", &named);
    let bindings = site.join(BINDINGS);
    let script = read(&bindings)? + "\n" + &worker;
    fs::remove_file(&bindings).with_context(|| cannot("remove", &bindings))?;
    let name = format!("vfio-irq-worker-{}.js", Hash::of(script.as_bytes()).short());
    write(&site.join(&name), &script)?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worker_names_its_module_by_hash() {
        let site = std::env::temp_dir().join(format!("vfio-irq-worker-{}", std::process::id()));
        fs::create_dir_all(&site).unwrap();
        fs::write(site.join(BINDINGS), "bindings").unwrap();
        fs::write(site.join(MODULE), "module").unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");

        let name = put(&source, &site).unwrap();

        let script = fs::read_to_string(site.join(&name)).unwrap();
        let files: Vec<String> = fs::read_dir(&site)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        fs::remove_dir_all(&site).unwrap();
        let module = files.iter().find(|file| file.ends_with(".wasm")).unwrap();
        assert!(script.starts_with("bindings\n") && script.contains(&**module), "{script}");
        assert_eq!(files.len(), 2, "{files:?}");
        assert!(module.len() > "vfio-irq-worker-.wasm".len(), "{module}");
    }
}
