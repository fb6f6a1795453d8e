//! Forms, their lines, and what machines answer.

use proptest::prelude::*;
use vfio_irq_core::errno::Errno;
use vfio_irq_core::scenario::Overrides;

use super::*;
use crate::run::Run;

const ENABLED: &str = "function e1000e\nhost linux-6.1\nset_irqs msix trigger eventfd 0 [a]\n";

fn form(index: &str, flags: u32, start: &str, count: &str, kind: Kind, data: &str) -> Form {
    Form::new(index, flags, start, count, kind, data)
}

fn line(form: &Form) -> String {
    form.action().expect("the form is right").to_string()
}

fn asked(text: &str, form: &Form) -> Asked {
    let run = Run::new(text).expect("the text of a test is right");
    let machine = run.machine(run.len());
    let action = form.action().expect("the form is right");
    ask(&machine, &run.trace().names, &action).expect("a request")
}

fn refusal(asked: &Asked) -> (Errno, &str) {
    match &asked.outcome {
        Outcome::Refused { errno, clause } => (*errno, clause.as_deref().unwrap_or_default()),
        outcome => panic!("not refused: {outcome:?}"),
    }
}

#[test]
fn well_formed_request_is_said_in_words_alone() {
    let enable = form("msix", 0x24, "0", "", Kind::Eventfds, "a, -1 x2, v0..v3");
    assert_eq!(line(&enable), "set_irqs msix trigger eventfd 0 [a, -1 x2, v0..v3]");
    let counted = form("msix", 0x24, "0", "7", Kind::Eventfds, "a, -1 x2, v0..v3");
    assert_eq!(line(&counted), line(&enable));
    assert_eq!(line(&form("msi", 0x21, "0", "0", Kind::None, "")), "set_irqs msi trigger none 0+0");
    let bools = form("2", 0x22, "1", "", Kind::Bools, "1, 0");
    assert_eq!(line(&bools), "set_irqs msix trigger bool 1 [1, 0]");
}

#[test]
fn field_no_word_says_is_said_raw() {
    let odd = form("0x99999", 0x8000_0027, "4294967295", "9", Kind::Eventfds, "-1");
    assert_eq!(
        line(&odd),
        "set_irqs 0x00099999 trigger eventfd 0xffffffff+9 [-1] flags=0x80000027"
            .replace("0x000", "0x")
    );
    let mut long = form("msix", 0x24, "0", "1", Kind::Hex, "03 00 00 00 ff");
    long.said[Field::Argsz as usize] = "24".into();
    assert_eq!(line(&long), "set_irqs msix trigger eventfd 0+1 argsz=24 data=03000000ff");
    let info = Form { info: true, ..form("7", 0, "", "", Kind::None, "") };
    assert_eq!(line(&info), "irq_info 7");
}

#[test]
fn field_that_cannot_be_read_is_named() {
    let problem = |form: Form| form.action().expect_err("wrong").field;
    assert_eq!(problem(form("mxis", 0x24, "0", "", Kind::Eventfds, "a")), Field::Index);
    assert_eq!(problem(form("msix", 0x24, "-1", "", Kind::Eventfds, "a")), Field::Start);
    assert_eq!(problem(form("msix", 0x24, "+1", "", Kind::Eventfds, "a")), Field::Start);
    assert_eq!(problem(form("msix", 0x24, "0", "4294967296", Kind::None, "")), Field::Count);
    assert_eq!(problem(form("msix", 0x21, "0", "", Kind::None, "")), Field::Count);
    assert_eq!(problem(form("msix", 0x24, "0", "", Kind::Eventfds, "a] x2")), Field::Data);
    assert_eq!(problem(form("msix", 0x24, "0", "1", Kind::Hex, "0g")), Field::Data);
    assert_eq!(problem(form("msix", 0x24, "0", "1", Kind::Hex, "012")), Field::Data);
    assert_eq!(problem(form("msix", 0x24, "0", "", Kind::Eventfds, "a\n-> 0")), Field::Data);
}

#[test]
fn bytes_are_little_endian_and_named() {
    let asked = asked(ENABLED, &form("msix", 0x24, "0", "", Kind::Eventfds, "a, new"));
    assert_eq!(
        bytes_text(&asked.bytes),
        "1c 00 00 00 24 00 00 00 02 00 00 00 00 00 00 00 02 00 00 00 03 00 00 00 04 00 00 00"
    );
    let says: Vec<(&str, &str)> =
        asked.parts.iter().map(|part| (part.name, part.says.as_str())).collect();
    assert_eq!(
        says,
        [
            ("argsz", "28"),
            ("flags", "DATA_EVENTFD | ACTION_TRIGGER"),
            ("index", "msix"),
            ("start", "0"),
            ("count", "2"),
            ("data", "a (fd 3)"),
            ("data", "new (fd 4)"),
        ]
    );
}

#[test]
fn bytes_beyond_argsz_are_marked() {
    let mut short = form("msix", 0x24, "0", "2", Kind::Eventfds, "a, b");
    short.said[Field::Argsz as usize] = "24".into();
    let asked = asked(ENABLED, &short);
    let beyond: Vec<bool> = asked.parts.iter().map(|part| part.beyond).collect();
    assert_eq!(beyond, [false, false, false, false, false, false, true]);
    assert_eq!(refusal(&asked), (Errno::EINVAL, "SET-DATA-SIZE"));
}

#[test]
fn refusal_names_the_clause_that_said_no() {
    let grow = form("msix", 0x24, "1", "", Kind::Eventfds, "b");
    assert_eq!(refusal(&asked(ENABLED, &grow)), (Errno::EINVAL, "MSG-NORESIZE"));
    let bad = form("msix", 0x24, "0", "", Kind::Eventfds, "closed");
    assert_eq!(refusal(&asked(ENABLED, &bad)).0, Errno::EBADF);
    let dynamic = ENABLED.replace("6.1", "6.12");
    let done = asked(&dynamic, &grow);
    assert_eq!(done.outcome, Outcome::Answer(vfio_irq_core::device::Answer::Done));
    assert!(done.steps > 0);
}

#[test]
fn request_is_put_to_a_copy() {
    let run = Run::new(ENABLED).unwrap();
    let machine = run.machine(run.len());
    let before = machine.clone();
    let disable = form("msix", 0x21, "0", "0", Kind::None, "").action().unwrap();
    ask(&machine, &run.trace().names, &disable).unwrap();
    assert_eq!(machine, before);
}

#[test]
fn every_preset_is_a_request() {
    for text in [ENABLED, "function intx\n", "function vf\n", ""] {
        let run = Run::new(text).unwrap();
        let machine = run.machine(run.len());
        for (which, name) in PRESETS.iter().enumerate() {
            let form = Form::default().preset(which, &machine);
            assert!(form.action().is_ok(), "{name}: {form:?}");
        }
    }
    let machine = Run::new(ENABLED).map(|run| run.machine(run.len())).unwrap();
    let add = Form::default().preset(1, &machine);
    assert_eq!(line(&add), "set_irqs msix trigger eventfd 1 [v1]");
}

#[test]
fn c_text_has_every_word() {
    let asked = asked(ENABLED, &form("msix", 0x8000_0024, "0", "1", Kind::Hex, "03 00 00 00 ff"));
    let text = c_text(&asked.parts, &asked.bytes);
    assert!(text.contains("\t25, /* argsz */\n\tVFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER | 0x80000000, /* flags */\n"), "{text}");
    assert!(text.ends_with("\t3, /* data */\n\t255, /* data */\n};\n"), "{text}");
}

/// Where the scenario's own parser and runner lead.
fn bytes_of_line(line: &str) -> (Vec<u8>, Action) {
    let scenario = Scenario::parse(line).unwrap_or_else(|errors| panic!("{line}: {errors:?}"));
    let action = first_step(&scenario).expect("a step").clone();
    let machine = scenario.machine(&Overrides::default()).expect("the default");
    (ask(&machine, &BTreeMap::new(), &action).expect("a request").bytes, action)
}

fn any_number() -> impl Strategy<Value = u32> {
    prop_oneof![0..6u32, 0..0x40u32, any::<u32>()]
}

fn any_data() -> impl Strategy<Value = (Kind, String)> {
    let fd = prop_oneof![
        "[a-c]{1,2}".prop_map(|name| name),
        any::<i32>().prop_map(|fd| fd.to_string()),
        Just("closed".to_owned()),
        Just("-1 x5".to_owned()),
        Just("v0..v3".to_owned()),
    ];
    let join = |items: Vec<String>| items.join(", ");
    prop_oneof![
        Just((Kind::None, String::new())),
        proptest::collection::vec(fd, 0..5).prop_map(move |fds| (Kind::Eventfds, join(fds))),
        proptest::collection::vec(any::<u8>().prop_map(|byte| byte.to_string()), 0..5)
            .prop_map(move |bytes| (Kind::Bools, join(bytes))),
        proptest::collection::vec(any::<u8>(), 0..40)
            .prop_map(|bytes| (Kind::Hex, bytes_text(&bytes))),
    ]
}

proptest! {
    /// What the form shows is what the line does, and the line fills the form again.
    #[test]
    fn line_of_a_form_has_its_bytes(
        numbers in proptest::array::uniform5(any_number()),
        argsz in any::<bool>(),
        info in any::<bool>(),
        (kind, data) in any_data(),
    ) {
        let [size, flags, index, start, count] = numbers;
        let said = [size, flags, index, start, count].map(|number| number.to_string());
        let [size, flags, index, start, count] = said;
        let argsz = if argsz { size } else { String::new() };
        let form = Form { info, said: [argsz, flags, index, start, count, data], kind };
        let action = form.action().expect("every field is a number");
        let line = action.to_string();
        let machine = Run::new("").expect("an empty text").machine(0);
        let shown = ask(&machine, &BTreeMap::new(), &action).expect("a request").bytes;
        let (bytes, parsed) = bytes_of_line(&line);
        prop_assert_eq!(&parsed.to_string(), &line);
        prop_assert_eq!(&bytes, &shown, "{}", line);
        for (said, bytes) in numbers.iter().zip(shown.chunks(4)).skip(1).filter(|_| !info) {
            prop_assert_eq!(bytes, said.to_le_bytes());
        }
        let again = Form::of(&parsed).expect("a request");
        prop_assert_eq!(again.action().map(|again| again.to_string()), Ok(line));
    }

    #[test]
    fn any_text_in_any_field_is_survived(said in proptest::array::uniform6(".{0,40}"), kind in 0..4usize) {
        let kind = [Kind::None, Kind::Eventfds, Kind::Bools, Kind::Hex][kind];
        for info in [true, false] {
            let form = Form { info, said: said.clone(), kind };
            if let Ok(action) = form.action() {
                let _ = bytes_of_line(&action.to_string());
            }
        }
    }
}
