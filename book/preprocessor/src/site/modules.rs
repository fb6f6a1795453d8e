//! The modules that are loaded when they are asked for: the tools (`web/tools`) and the worker
//! (`web/worker`). Trunk leaves them under fixed names; here they get names with hashes, like every
//! other file, and the loader's element gets attributes that say them.

use super::{cannot, read, write};
use super::{hash::Hash, names};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// The worker around its module, in the source.
const WORKER: &str = "web/worker/worker.js";
/// The tools' style, as trunk copies it.
const STYLE: &str = "tools.css";

/// Names the tools' files in folder `site`; the attributes.
pub(super) fn tools(site: &Path) -> Result<String> {
    let (script, wasm) = module(site, "vfio-irq-tools", |script, _| script)?;
    let path = site.join(STYLE);
    let text = read(&path)?;
    let style = named("vfio-irq-tools", text.as_bytes(), "css");
    fs::rename(&path, site.join(&style)).with_context(|| cannot("rename", &path))?;
    Ok(format!(" data-tools=\"{script}\" data-tools-wasm=\"{wasm}\" data-tools-styles=\"{style}\""))
}

/// Puts the worker's files in folder `site` together, and names them; the attribute.
pub(super) fn worker(source: &Path, site: &Path) -> Result<String> {
    let worker = read(&source.join(WORKER))?;
    let around = |script: String, wasm: &str| script + "\n" + &worker.replace("{wasm}", wasm);
    let (script, _) = module(site, "vfio-irq-worker", around)?;
    Ok(format!(" data-aside=\"{script}\""))
}

/// Names a module and its bindings, which may be changed with the module's name at hand; the names
/// of script and module.
fn module(
    site: &Path,
    name: &str,
    change: impl FnOnce(String, &str) -> String,
) -> Result<(String, String)> {
    let bindings = site.join(format!("{name}.js"));
    let module = site.join(format!("{name}_bg.wasm"));
    names::shorten(&module, &bindings)
        .with_context(|| format!("trunk built no {name}: see index.html"))?;
    let bytes = fs::read(&module).with_context(|| cannot("read", &module))?;
    let wasm = named(name, &bytes, "wasm");
    fs::rename(&module, site.join(&wasm)).with_context(|| cannot("rename", &module))?;

    let text = change(read(&bindings)?, &wasm);
    fs::remove_file(&bindings).with_context(|| cannot("remove", &bindings))?;
    let script = named(name, text.as_bytes(), "js");
    write(&site.join(&script), &text)?;
    Ok((script, wasm))
}

/// `vfio-irq-tools-12ab34cd.wasm`.
fn named(name: &str, bytes: &[u8], suffix: &str) -> String {
    format!("{name}-{}.{suffix}", Hash::of(bytes).short())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A folder as trunk leaves it.
    struct Site(PathBuf);

    impl Site {
        fn new(name: &str) -> Self {
            let site = std::env::temp_dir().join(format!("{name}-site-{}", std::process::id()));
            fs::create_dir_all(&site).unwrap();
            fs::write(site.join(format!("{name}.js")), "bindings").unwrap();
            // A module with nothing in it.
            fs::write(site.join(format!("{name}_bg.wasm")), b"\0asm\x01\0\0\0").unwrap();
            fs::write(site.join(STYLE), ".vfi {}").unwrap();
            Self(site)
        }

        /// The one file with this suffix.
        fn file(&self, suffix: &str) -> String {
            let files = fs::read_dir(&self.0).unwrap();
            let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            let found: Vec<String> = names.filter(|name| name.ends_with(suffix)).collect();
            assert_eq!(found.len(), 1, "{found:?}");
            found.into_iter().next().unwrap()
        }
    }

    impl Drop for Site {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn worker_names_its_module_by_hash() {
        let site = Site::new("vfio-irq-worker");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");

        let attributes = worker(&source, &site.0).unwrap();

        let (script, module) = (site.file(".js"), site.file(".wasm"));
        let text = fs::read_to_string(site.0.join(&script)).unwrap();
        assert_eq!(attributes, format!(" data-aside=\"{script}\""));
        assert!(text.starts_with("bindings\n") && text.contains(&*module), "{text}");
        assert!(module.len() > "vfio-irq-worker-.wasm".len(), "{module}");
    }

    #[test]
    fn tools_are_three_files_named_by_hash() {
        let site = Site::new("vfio-irq-tools");

        let attributes = tools(&site.0).unwrap();

        for (name, suffix) in [("tools", ".js"), ("tools-wasm", ".wasm"), ("tools-styles", ".css")]
        {
            let file = site.file(suffix);
            assert!(attributes.contains(&format!(" data-{name}=\"{file}\"")), "{attributes}");
            assert!(file.starts_with("vfio-irq-tools-") && file.len() > 20, "{file}");
        }
    }
}
