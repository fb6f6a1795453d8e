//! The function's registers, decoded; bits that just changed carry a sign.

use std::rc::Rc;

use vfio_irq_core::machine::Machine;
use vfio_irq_core::pci::Msix;
use yew::prelude::*;

use super::limited::Limited;
use crate::view::function::{Group, groups, table_row, table_rows};
use crate::view::register::{Change, Field, Reading, Register};

/// Table entries shown before a reader asks for more.
const FIRST: usize = 8;

/// The registers, `now` and `before` the current event.
pub fn registers(now: &Rc<Machine>, before: &Rc<Machine>) -> Html {
    let total = now.function.msix().map_or(0, |msix| usize::from(msix.vectors()));
    let table = {
        let (now, before) = (now.clone(), before.clone());
        Callback::from(move |shown: usize| {
            let table = now.function.msix().zip(before.function.msix());
            let shown = u16::try_from(shown).unwrap_or(u16::MAX);
            table.map(|(now, before)| entries(now, before, shown)).unwrap_or_default()
        })
    };
    html! {
        <section class="vfi-panel vfi-registers" aria-label="Function registers">
            <p class="vfi-title">
                { "Function" }<span class="vfi-about">{ now.function.describe() }</span>
            </p>
            { for groups(&now.function, &before.function).iter().map(group) }
            if total > 0 {
                <Limited {total} first={FIRST} draw={table} />
            }
        </section>
    }
}

fn group(group: &Group) -> Html {
    html! {
        <table class="vfi-group">
            <caption>{ group.name }</caption>
            <tbody>{ for group.registers.iter().map(register) }</tbody>
        </table>
    }
}

fn register(register: &Register) -> Html {
    let changed = register.changed();
    html! {
        <tr class={classes!(changed.then_some("vfi-changed"))}>
            <th scope="row" title={format!("offset {:#x}", register.offset)}>{ register.name }</th>
            <td>
                <code>{ register.hex(register.now) }</code>
                if changed { <span class="vfi-was">{ " ◂ " }<s>{ register.hex(register.before) }</s></span> }
                if !register.fields.is_empty() {
                    <span class="vfi-bits">{ for register.fields.iter().map(|f| field(register, *f)) }</span>
                }
            </td>
        </tr>
    }
}

fn field(register: &Register, field: Field) -> Html {
    let change = Change::between(&field.of(register.before), &field.of(register.now));
    let set = field.reading == Reading::Flag && field.of(register.now) == 1;
    let class = classes!(
        "vfi-bit",
        set.then_some("vfi-set"),
        (change != Change::Same).then_some("vfi-moved"),
    );
    html! {
        <span {class}>
            <span class="vfi-bit-name">{ field.name }</span>
            <b>{ change.sign() }{ field.read(register.now) }</b>
        </span>
    }
}

fn entries(now: &Msix, before: &Msix, first: u16) -> Html {
    let rows = table_rows(now, before, first);
    let pending: Vec<String> =
        now.pending().take(12).map(|(vector, _)| vector.to_string()).collect();
    let (bar, offset) = now.table();
    let (pba_bar, pba_offset) = now.pba();
    html! {
        <>
        <table class="vfi-entries">
            <caption>{ format!("Table, BAR {bar} + {offset:#x}") }</caption>
            <thead><tr>
                <th scope="col">{ "entry" }</th><th scope="col">{ "address" }</th>
                <th scope="col">{ "data" }</th><th scope="col">{ "mask" }</th>
                <th scope="col">{ "pending" }</th>
            </tr></thead>
            <tbody>{ for rows.into_iter().map(|vector| entry(now, before, vector)) }</tbody>
        </table>
        <p class="vfi-pending">
            { format!("Pending bits, BAR {pba_bar} + {pba_offset:#x}: ") }
            <b>{ if pending.is_empty() { "none".into() } else { pending.join(", ") } }</b>
            if now.pending().nth(12).is_some() { { ", …" } }
        </p>
        </>
    }
}

fn entry(now: &Msix, before: &Msix, vector: u16) -> Html {
    let (now, before) = (table_row(now, vector), table_row(before, vector));
    let cell = |value: String, change: Change| {
        html! {
            <td class={classes!((change != Change::Same).then_some("vfi-moved"))}>{ change.sign() }{ value }</td>
        }
    };
    let bit =
        |now: bool, before: bool| cell(u8::from(now).to_string(), Change::between(&before, &now));
    html! {
        <tr class={classes!((now != before).then_some("vfi-changed"))}>
            <th scope="row">{ vector }</th>
            { cell(format!("{:#010x}", now.address), Change::between(&before.address, &now.address)) }
            { cell(format!("{:#x}", now.data), Change::between(&before.data, &now.data)) }
            { bit(now.masked, before.masked) }
            { bit(now.pending, before.pending) }
        </tr>
    }
}
