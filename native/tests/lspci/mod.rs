//! What `lspci -vv` says of a function's interrupts, in the shape of `vfio-irq inspect --format
//! json`: the independent oracle of the decoding.

use serde_json::{Value, json};

/// The functions of an `lspci -vv` output.
pub(crate) fn functions(text: &str) -> Vec<Value> {
    let blocks = text.split("\n\n").map(str::trim_end).filter(|block| !block.is_empty());
    blocks.map(function).collect()
}

fn function(block: &str) -> Value {
    let (address, _) = block.split_once(' ').expect("a block begins with the address");
    let control = line(block, "Control:").expect("lspci decodes the Command register");
    json!({
        "address": address,
        "intx": line(block, "Interrupt:").map(intx),
        "interrupt_disable": flag(control, "DisINTx"),
        "bus_master": flag(control, "BusMaster"),
        "memory_space": flag(control, "Mem"),
        "msi": capability(block, "MSI:").map(msi),
        "msix": capability(block, "MSI-X:").map(msix),
    })
}

/// `pin A routed to IRQ 10`
fn intx(text: &str) -> Value {
    let words: Vec<&str> = text.split_whitespace().collect();
    json!({ "pin": words[1], "line": words.get(5).map_or(0, |line| number(line)) })
}

/// `[70] MSI: Enable+ Count=4/16 Maskable- 64bit+` and, if it masks,
/// `Masking: 00000000  Pending: 00000000`.
fn msi(text: &str) -> Value {
    let (granted, vectors) = after(text, "Count=").split_once('/').expect("two counts");
    let maskable = flag(text, "Maskable");
    json!({
        "offset": offset(text),
        "vectors": number(vectors),
        "granted": number(granted),
        "enabled": flag(text, "Enable"),
        "wide": flag(text, "64bit"),
        "maskable": maskable,
        "mask": maskable.then(|| hex(after(text, "Masking: "))),
        "pending": maskable.then(|| hex(after(text, "Pending: "))),
    })
}

/// `[90] MSI-X: Enable- Count=16 Masked-`, `Vector table: BAR=0 offset=00003000`, `PBA: BAR=0 …`
fn msix(text: &str) -> Value {
    let place = |name| {
        let rest = text.split_once(name).expect("table and array are shown").1;
        json!({ "bar": number(after(rest, "BAR=")), "offset": hex(after(rest, "offset=")) })
    };
    json!({
        "offset": offset(text),
        "vectors": number(after(text, "Count=")),
        "enabled": flag(text, "Enable"),
        "function_masked": flag(text, "Masked"),
        "table": place("Vector table:"),
        "pba": place("PBA:"),
    })
}

/// What stands behind a word at the beginning of a line.
fn line<'a>(block: &'a str, word: &str) -> Option<&'a str> {
    block.lines().find_map(|line| line.trim_start().strip_prefix(word))
}

/// A capability, from its offset to the next capability.
fn capability<'a>(block: &'a str, name: &str) -> Option<&'a str> {
    let lists = block.split("Capabilities: [").skip(1);
    lists
        .into_iter()
        .find(|text| text.split_once("] ").is_some_and(|(_, rest)| rest.starts_with(name)))
}

fn offset(capability: &str) -> u64 {
    hex(capability.split(']').next().expect("split yields a part"))
}

/// The word behind `key`.
fn after<'a>(text: &'a str, key: &str) -> &'a str {
    let (_, rest) = text.split_once(key).unwrap_or_else(|| panic!("no {key} in {text}"));
    rest.split_whitespace().next().expect("a value stands there")
}

/// lspci's `Name+` and `Name-`.
fn flag(text: &str, name: &str) -> bool {
    let mut words = text.split_whitespace();
    let word = words.find(|word| word.trim_end_matches(['+', '-']) == name);
    word.unwrap_or_else(|| panic!("no {name} in {text}")).ends_with('+')
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn hex(text: &str) -> u64 {
    u64::from_str_radix(text, 16).unwrap_or_else(|_| panic!("{text} is no hexadecimal number"))
}
