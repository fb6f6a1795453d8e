//! What stands after `->`.

use alloc::format;
use alloc::vec::Vec;

use super::cursor::Cursor;
use super::names::{Known, names};
use crate::errno::Errno;
use crate::guest::GuestCall;
use crate::scenario::MAX_EXPECTED;
use crate::scenario::ast::{Action, At, Expect, Names, Span, Tally};
use crate::scenario::error::{TextError, quoted, unknown};
use crate::scenario::lex::Kind;
use crate::scenario::print::INFO_FLAGS;

/// What a step can answer, besides an errno.
#[derive(Clone, Copy, PartialEq)]
enum Kinds {
    /// 0.
    Done,
    /// 0 or a positive number.
    Set,
    /// count and flags.
    Info,
    /// A value of so many bytes; more than 8 only as `data=`.
    Value(u32),
    /// An eventfd's counter.
    Counter,
    /// 0 or 1.
    Up,
    /// Nothing, not even an errno.
    Nothing,
    /// The ledger's counts.
    Ledger,
}

impl Kinds {
    fn of(action: &Action) -> Self {
        match action {
            Action::SetIrqs(_) => Self::Set,
            Action::IrqInfo { .. } => Self::Info,
            Action::RegionRead { width, .. } => Self::Value(*width),
            Action::ReadFd(_) => Self::Counter,
            Action::Guest(GuestCall::Look(_)) => Self::Up,
            Action::Stimulate(_) | Action::Guest(GuestCall::Eoi(_)) => Self::Nothing,
            Action::Ledger => Self::Ledger,
            _ => Self::Done,
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Done => "`0`, an errno such as `EINVAL`, or a counter such as `a=1`",
            Self::Set => "`0`, an errno such as `EINVAL`, `only N`, or a counter such as `a=1`",
            Self::Info => "`count=N`, `flags=…`, an errno such as `EINVAL`, or a counter",
            Self::Value(0..=8) => "a value such as `0x0103`, `data=…`, an errno, or a counter",
            Self::Value(_) => "`data=` and hex digits, an errno, or a counter such as `a=1`",
            Self::Counter => "the counter's value, an errno such as `EAGAIN`, or a counter",
            Self::Up => "`1` for up, `0` for down, or a counter such as `a=1`",
            Self::Nothing => "a counter such as `a=1`",
            Self::Ledger => "counts such as `causes=2 lost=0`, or a counter such as `a=1`",
        }
    }
}

/// The expectations after `->`, at least one.
pub(super) fn expectations(
    cursor: &mut Cursor<'_>,
    action: &Action,
    known: &mut Known,
) -> Result<Vec<At<Expect>>, TextError> {
    let kinds = Kinds::of(action);
    let mut all: Vec<At<Expect>> = Vec::new();
    while let Some(Kind::Word(_)) = cursor.peek() {
        let (word, at) = cursor.word("")?;
        let expect = expectation(cursor, kinds, word, at, known)?;
        if let Some(other) = all.iter().find(|other| clash(&other.what, &expect.what)) {
            let message = format!("column {} expects another answer already", other.at.column);
            return Err(cursor.wrong(at, message).expecting("one answer a step"));
        }
        if all.len() == MAX_EXPECTED {
            return Err(cursor.wrong(at, format!("more than {MAX_EXPECTED} expectations")));
        }
        all.push(expect);
    }
    if all.is_empty() { Err(cursor.missing(kinds.expected())) } else { Ok(all) }
}

/// Whether two expectations speak of the same thing.
fn clash(one: &Expect, other: &Expect) -> bool {
    use Expect::{Count, Counter, Data, Errno, Flags, Only, Tally, Value};
    match (one, other) {
        (Counter(..), _) | (_, Counter(..)) => false,
        (Tally(one, _), Tally(other, _)) => one == other,
        (Tally(..), _) | (_, Tally(..)) => false,
        (Count(_), Flags(_)) | (Flags(_), Count(_)) => false,
        (Value { .. } | Errno(_) | Only(_) | Data(_) | Count(_) | Flags(_), _) => true,
    }
}

fn expectation(
    cursor: &mut Cursor<'_>,
    kinds: Kinds,
    word: &str,
    at: Span,
    known: &mut Known,
) -> Result<At<Expect>, TextError> {
    let mut whole = at;
    let what = match word.split_once('=') {
        Some((key, value)) => keyed(cursor, kinds, (key, value), at, known)?,
        None if word == "only" && kinds == Kinds::Set => {
            let number_at = cursor.here();
            whole.length = number_at.column + number_at.length - at.column;
            let count = cursor.number_word("how many vectors")?;
            if count == 0 {
                let error = cursor.wrong(number_at, "the answer 0 is written `0`");
                return Err(error.expecting("a positive number"));
            }
            Expect::Only(count)
        }
        None if word == "errno" => {
            let number_at = cursor.here();
            whole.length = number_at.column + number_at.length - at.column;
            Expect::Errno(errno_number(cursor)?)
        }
        None => plain(cursor, kinds, word, at)?,
    };
    let refused = matches!(what, Expect::Errno(_));
    if refused && matches!(kinds, Kinds::Up | Kinds::Nothing | Kinds::Ledger) {
        let message = "this step is no call, it gives no errno";
        return Err(cursor.wrong(whole, message).expecting(kinds.expected()));
    }
    Ok(At { what, at: whole })
}

fn errno_number(cursor: &mut Cursor<'_>) -> Result<Errno, TextError> {
    let expected = "an error number, 1 to 4095";
    let (at, number) = (cursor.here(), cursor.number_word::<u32>(expected)?);
    let errno = i32::try_from(number).ok().filter(|number| (1..4096).contains(number));
    errno.map(Errno).ok_or_else(|| cursor.wrong(at, "this is no error number").expecting(expected))
}

/// A word without `=`: a number or an errno.
fn plain(cursor: &Cursor<'_>, kinds: Kinds, word: &str, at: Span) -> Result<Expect, TextError> {
    let not_here = |message| Err(cursor.wrong(at, message).expecting(kinds.expected()));
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return match kinds {
            Kinds::Value(width) if width <= 8 => pattern(cursor, word, at, width),
            Kinds::Counter => {
                let value = cursor.number(word, at)?;
                if value == 0 {
                    return not_here("an eventfd at 0 answers EAGAIN".into());
                }
                Ok(Expect::Value { value, care: u64::MAX })
            }
            Kinds::Up if cursor.number::<u64>(word, at)? < 2 => {
                Ok(Expect::Value { value: cursor.number(word, at)?, care: u64::MAX })
            }
            Kinds::Done | Kinds::Set if cursor.number::<u64>(word, at)? == 0 => {
                Ok(Expect::Value { value: 0, care: u64::MAX })
            }
            _ => not_here(format!("this step can't answer {}", quoted(word))),
        };
    }
    let name = word.strip_prefix('-').unwrap_or(word);
    if let Some(errno) = Errno::from_name(name) {
        return Ok(Expect::Errno(errno));
    }
    if word.starts_with(['E', '-']) {
        return not_here(unknown("errno", name, Errno::names()));
    }
    not_here(format!("{} is no expectation", quoted(word)))
}

/// A value read, where `x` stands for any hex digit.
fn pattern(cursor: &Cursor<'_>, word: &str, at: Span, width: u32) -> Result<Expect, TextError> {
    let fits = |value: u64| width >= 8 || value >> (8 * width) == 0;
    let digits = word.strip_prefix("0x").filter(|digits| digits.contains('x'));
    let Some(digits) = digits else {
        let value = cursor.number(word, at)?;
        if !fits(value) {
            return Err(cursor.wrong(at, format!("the value does not fit in {width} bytes")));
        }
        return Ok(Expect::Value { value, care: u64::MAX });
    };
    if digits.len() > 2 * width as usize {
        return Err(cursor.wrong(at, format!("more digits than {width} bytes have")));
    }
    let (mut value, mut care) = (0, u64::MAX);
    for digit in digits.chars() {
        let number = digit.to_digit(16);
        if number.is_none() && digit != 'x' {
            let message = format!("{} is no value", quoted(word));
            return Err(cursor.wrong(at, message).expecting("hex digits, `x` for any digit"));
        }
        value = value << 4 | u64::from(number.unwrap_or(0));
        care = care << 4 | if number.is_some() { 0xf } else { 0 };
    }
    // `care` keeps its ones above the pattern: what stands there must be 0.
    Ok(Expect::Value { value, care })
}

fn keyed(
    cursor: &Cursor<'_>,
    kinds: Kinds,
    (key, value): (&str, &str),
    at: Span,
    known: &mut Known,
) -> Result<Expect, TextError> {
    let tally = Tally::ALL.into_iter().find(|tally| tally.word() == key);
    match key {
        "count" if kinds == Kinds::Info => return cursor.number(value, at).map(Expect::Count),
        "flags" if kinds == Kinds::Info => return info_flags(cursor, value, at).map(Expect::Flags),
        "data" if matches!(kinds, Kinds::Value(_)) => {
            return cursor.hex(value, at).map(Expect::Data);
        }
        "count" | "flags" | "data" => {
            let message = format!("this step gives no `{key}`");
            return Err(cursor.wrong(at, message).expecting(kinds.expected()));
        }
        _ => {}
    }
    if let Some(tally) = tally {
        if kinds != Kinds::Ledger {
            let error = cursor.wrong(at, "the counts stand after `ledger`");
            return Err(error.expecting("`ledger -> causes=1 …` as a line of its own"));
        }
        return Ok(Expect::Tally(tally, cursor.number(value, at)?));
    }
    let names: Names = match names(cursor, key, at) {
        Ok(names) => names,
        Err(_) if kinds == Kinds::Ledger => return Err(ledger_word(cursor, key, at)),
        Err(error) => return Err(error),
    };
    known.list(cursor, at, names.len())?;
    let missing = known.need(cursor, at, &names);
    if missing.is_err() && kinds == Kinds::Ledger {
        return Err(ledger_word(cursor, key, at));
    }
    missing?;
    Ok(Expect::Counter(names, cursor.number(value, at)?))
}

fn ledger_word(cursor: &Cursor<'_>, key: &str, at: Span) -> TextError {
    cursor.unknown("count", key, at, &Tally::ALL.map(Tally::word))
}

/// `eventfd|noresize`, `none`, or a number.
fn info_flags(cursor: &Cursor<'_>, value: &str, at: Span) -> Result<u32, TextError> {
    if value == "none" {
        return Ok(0);
    }
    if value.starts_with(|c: char| c.is_ascii_digit()) {
        return cursor.number(value, at);
    }
    let words = INFO_FLAGS.map(|(word, _)| word);
    value.split('|').try_fold(0, |flags, word| {
        let known = INFO_FLAGS.iter().find(|(name, _)| *name == word);
        known.map(|(_, flag)| flags | flag).ok_or_else(|| cursor.unknown("flag", word, at, &words))
    })
}
