//! What is asked: every kind of request, and the states it meets.
//!
//! Texts are of the scenario language without `set_irqs` and the index, which `INDEX` stands for
//! elsewhere. What is answered stands nowhere here.

use vfio_irq_core::uapi::IrqIndex::{self, Err, Intx, Msi, Msix, Req};

/// A state, and the steps that lead there.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// Its name, as the head of a column.
    pub name: &'static str,
    /// The steps.
    pub steps: &'static [&'static str],
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its text.
    pub request: &'static str,
    /// Said in the table beside it.
    pub note: &'static str,
    /// Steps that come right before it, in every state.
    pub before: &'static [&'static str],
}

/// Requests to some indexes, in some states.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name in `<!-- reference: NAME -->`.
    pub name: &'static str,
    /// The indexes, which must all answer alike.
    pub indexes: &'static [IrqIndex],
    /// The columns.
    pub states: &'static [State],
    /// The rows.
    pub rows: &'static [Row],
}

/// The function that is asked: all three kinds of interrupt, MSI 4 (maskable), MSI-X 8.
pub const FUNCTION: &str = "simple";

const OFF: State = State { name: "off", steps: &[] };
const ON: &str = "set_irqs INDEX trigger eventfd 0 [x, y]";
const TWO_ON: State = State { name: "on: 0 and 1", steps: &[ON] };
const MSIX_ON: State =
    State { name: "MSI-X on", steps: &["set_irqs msix trigger eventfd 0 [x, y]"] };

const fn row(request: &'static str) -> Row {
    Row { request, note: "", before: &[] }
}

const fn after(before: &'static [&'static str], note: &'static str, request: &'static str) -> Row {
    Row { request, note, before }
}

/// The tables.
pub const TABLES: &[Table] = &[
    Table {
        name: "intx",
        indexes: &[Intx],
        states: &[
            OFF,
            State { name: "on", steps: &["set_irqs intx trigger eventfd 0 [x]"] },
            MSIX_ON,
        ],
        rows: INTX,
    },
    Table { name: "msi", indexes: &[Msi], states: &[OFF, TWO_ON, MSIX_ON], rows: MESSAGE },
    Table {
        name: "msix",
        indexes: &[Msix],
        states: &[
            OFF,
            TWO_ON,
            State { name: "MSI on", steps: &["set_irqs msi trigger eventfd 0 [x, y]"] },
        ],
        rows: MESSAGE,
    },
    Table {
        name: "err-req",
        indexes: &[Err, Req],
        states: &[
            State { name: "no trigger", steps: &[] },
            State { name: "a trigger", steps: &["set_irqs INDEX trigger eventfd 0 [x]"] },
            MSIX_ON,
        ],
        rows: ERR_REQ,
    },
];

const PLAIN: &[&str] = &["plainfd plain"];
const MASKED: &[&str] = &["set_irqs intx mask none 0+1"];

const INTX: &[Row] = &[
    row("trigger none 0+0"),
    row("trigger none 0+1"),
    row("trigger bool 0+0"),
    row("trigger bool 0 [0]"),
    row("trigger bool 0 [1]"),
    row("trigger eventfd 0+0"),
    row("trigger eventfd 0 [a]"),
    row("trigger eventfd 0 [-1]"),
    row("trigger eventfd 0 [closed]"),
    after(PLAIN, "", "trigger eventfd 0 [plain]"),
    row("mask none 0+0"),
    row("mask none 0+1"),
    row("mask bool 0+0"),
    row("mask bool 0 [0]"),
    row("mask bool 0 [1]"),
    row("mask eventfd 0+0"),
    row("mask eventfd 0 [a]"),
    row("mask eventfd 0 [-1]"),
    row("unmask none 0+0"),
    after(MASKED, "masked before", "unmask none 0+1"),
    row("unmask bool 0+0"),
    row("unmask bool 0 [0]"),
    after(MASKED, "masked before", "unmask bool 0 [1]"),
    row("unmask eventfd 0+0"),
    row("unmask eventfd 0 [a]"),
    after(&["set_irqs intx unmask eventfd 0 [u]"], "when there is one", "unmask eventfd 0 [a]"),
    after(&["set_irqs intx unmask eventfd 0 [u]"], "when there is one", "unmask eventfd 0 [-1]"),
    row("unmask eventfd 0 [closed]"),
    after(PLAIN, "", "unmask eventfd 0 [plain]"),
];

const MESSAGE: &[Row] = &[
    row("trigger none 0+0"),
    row("trigger none 0+2"),
    row("trigger none 0+3"),
    row("trigger bool 0+0"),
    row("trigger bool 0 [0, 1]"),
    row("trigger bool 0 [0, 0, 1]"),
    row("trigger eventfd 0+0"),
    row("trigger eventfd 1+0"),
    row("trigger eventfd 3+0"),
    row("trigger eventfd 0 [a]"),
    row("trigger eventfd 0 [a, b]"),
    row("trigger eventfd 0 [-1]"),
    row("trigger eventfd 0 [-1, -1]"),
    row("trigger eventfd 0 [a, -2]"),
    row("trigger eventfd 0 [a, b, c]"),
    row("trigger eventfd 2 [c]"),
    row("trigger eventfd 2 [-1]"),
    row("trigger eventfd 3 [d]"),
    row("trigger eventfd 0 [a, closed]"),
    after(PLAIN, "", "trigger eventfd 0 [a, plain]"),
    row("trigger eventfd 2 [closed]"),
    after(&["vectors 1"], "the host has 1 vector left", "trigger eventfd 0 [a, b, c]"),
    after(&["vectors 0"], "the host has none left", "trigger eventfd 0 [a, b, c]"),
    after(&["vectors 0"], "the host has none left", "trigger eventfd 2 [c]"),
    row("mask none 0+0"),
    row("mask none 0+1"),
    row("mask bool 0 [1]"),
    row("mask eventfd 0 [a]"),
    row("unmask none 0+0"),
    row("unmask none 0+1"),
    row("unmask bool 0 [1]"),
    row("unmask eventfd 0 [a]"),
];

const ERR_REQ: &[Row] = &[
    row("trigger none 0+0"),
    row("trigger none 0+1"),
    row("trigger bool 0+0"),
    row("trigger bool 0 [0]"),
    row("trigger bool 0 [1]"),
    row("trigger eventfd 0+0"),
    row("trigger eventfd 0 [a]"),
    row("trigger eventfd 0 [-1]"),
    row("trigger eventfd 0 [-2]"),
    row("trigger eventfd 0 [closed]"),
    after(PLAIN, "", "trigger eventfd 0 [plain]"),
    row("mask none 0+1"),
    row("mask eventfd 0 [a]"),
    row("unmask none 0+1"),
    row("unmask eventfd 0 [a]"),
];

/// The checks every SET_IRQS passes, in order: each request is also wrong in all that the checks
/// below it look at, so that its answer shows which comes first. Asked of MSI-X with 8 vectors.
pub const HEADER: &[&str] = &[
    "set_irqs 5 mask eventfd 9+0xffffffff argsz=19 flags=0xff",
    "set_irqs 5 mask eventfd 9+0xffffffff argsz=20 flags=0xff",
    "set_irqs msix mask eventfd 9+0xfffffff6 argsz=20 flags=0xff",
    "set_irqs msix mask eventfd 9+1 argsz=20 flags=0xff",
    "set_irqs msix mask eventfd 8+0 argsz=20 flags=0x3f",
    "set_irqs msix mask eventfd 6+2 argsz=20 flags=0x3f",
    "set_irqs msix mask eventfd 6+2 [a] argsz=27 flags=0x3c",
    "set_irqs msix mask eventfd 6+2 [a] argsz=28 flags=0x3c",
    "set_irqs msix mask eventfd 6+2 [a, closed] argsz=28 flags=0x3c",
];

/// Requests beside SET_IRQS to those indexes: function, steps before, request.
pub const OTHERS: &[(&str, &[&str], &str)] = &[
    (FUNCTION, &[], "irq_info msix argsz=15"),
    (FUNCTION, &[], "irq_info 5"),
    ("edu", &[], "irq_info err"),
    ("edu", &[], "set_irqs err trigger eventfd 0 [a]"),
    ("edu", &[], "set_irqs msix trigger none 0+0"),
    (FUNCTION, &[], "reset"),
    ("edu", &[], "reset"),
    (FUNCTION, &["config write 0x04 2 0x0004"], "bar0 read 0 4"),
    (FUNCTION, &[], "bar0 read 0x10000000 4"),
    (FUNCTION, &[], "config read 0x1000 4"),
    (FUNCTION, &[], "region 9 read 0 4"),
    (FUNCTION, &["eventfd a"], "read a"),
    (FUNCTION, &["close"], "irq_info msix"),
    (FUNCTION, &["close"], "set_irqs msix trigger none 0+0"),
    (FUNCTION, &["close"], "reset"),
    (FUNCTION, &["close"], "config read 0 4"),
];
