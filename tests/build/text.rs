//! Makes components of the WebAssembly texts in `wat/`: plugins that no compiler would make.
//!
//! `provider.wat` is a good plugin with marked places. Every other file has variants of it, each from a line
//! `;;; name` to the next. Lines `;;@ place` say where the text that follows goes; `;;@ encoding utf16` changes how the
//! plugin writes its texts. A variant that begins with `(component` is a whole component and stays as it is. The others
//! are wrapped against the real contract, so that a plugin's types fit whatever else it does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

use super::components::watch;

/// The good plugin, which is a variant of its own.
const BASE: &str = "provider";

/// Writes every component into `out` and gives their files by name: `file/variant`, and `provider`.
pub(crate) fn build(texts: &Path, contract: &Path, out: &Path) -> Result<BTreeMap<String, PathBuf>> {
    watch(texts)?;
    let wrapper = Wrapper::new(contract)?;
    let base = std::fs::read_to_string(texts.join(BASE).with_extension("wat"))?;
    std::fs::create_dir_all(out)?;
    let mut built = BTreeMap::new();
    let mut keep = |name: String, component: Result<Vec<u8>>| -> Result<()> {
        let file = out.join(name.replace('/', "-")).with_extension("wasm");
        std::fs::write(&file, component.with_context(|| format!("`{name}`"))?)?;
        ensure!(built.insert(name.clone(), file).is_none(), "there are two `{name}`");
        Ok(())
    };
    keep(BASE.to_owned(), wrapper.component(&base, StringEncoding::UTF8))?;
    for entry in std::fs::read_dir(texts)? {
        let path = entry?.path();
        let topic = path.file_stem().and_then(|stem| stem.to_str()).context("a text's name is not UTF-8")?;
        if topic != BASE {
            for (variant, text) in variants(&std::fs::read_to_string(&path)?) {
                keep(format!("{topic}/{variant}"), component(&wrapper, &base, text))?;
            }
        }
    }
    Ok(built)
}

/// The variants of a file, by name.
fn variants(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\n;;; ").skip(1).filter_map(|variant| variant.split_once('\n'))
}

fn component(wrapper: &Wrapper, base: &str, variant: &str) -> Result<Vec<u8>> {
    if variant.trim_start().starts_with("(component") {
        return Ok(wat::parse_str(variant)?);
    }
    let (mut text, mut encoding) = (base.to_owned(), StringEncoding::UTF8);
    for change in variant.split(";;@ ").skip(1) {
        let (place, what) = change.split_once('\n').context("a place without anything in it")?;
        match place {
            "encoding utf16" => encoding = StringEncoding::UTF16,
            _ => {
                let mark = format!("(;{place};)");
                ensure!(text.matches(&mark).count() == 1, "there is no place `{place}`");
                text = text.replace(&mark, what);
            }
        }
    }
    wrapper.component(&text, encoding)
}

/// Wraps core modules as components of the contract's world.
struct Wrapper {
    contract: Resolve,
    world: WorldId,
}

impl Wrapper {
    fn new(contract: &Path) -> Result<Self> {
        let mut resolve = Resolve::default();
        let (package, _) = match resolve.push_dir(contract) {
            Ok(pushed) => pushed,
            Err(error) => bail!("the contract: {error:#}"),
        };
        let world = resolve.select_world(&[package], Some("provider-plugin"))?;
        Ok(Self { contract: resolve, world })
    }

    fn component(&self, text: &str, encoding: StringEncoding) -> Result<Vec<u8>> {
        let mut module = wat::parse_str(text)?;
        embed_component_metadata(&mut module, &self.contract, self.world, encoding)?;
        ComponentEncoder::default().validate(true).module(&module)?.encode()
    }
}
