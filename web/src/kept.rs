//! Texts kept from one visit to the next: drafts, and the last runs. Lists of a few, the newest
//! first, as one string in a storage that may be missing, full, or hold anything.

/// A text, with when it was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// When, in milliseconds since 1970.
    pub time: u64,
    /// A word about it, one line: whose draft it is, or what came of the run.
    pub note: String,
    /// The text.
    pub text: String,
}

/// Longest text kept, in bytes: a browser gives a site about 5 MB.
pub const MAX_TEXT: usize = 256 << 10;
/// Longest list, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// Most texts of a list.
pub const MAX: usize = 10;

/// Puts a text in front. One of the same text, or that this one replaces, goes; so do the oldest
/// when there are too many. A text that is too long changes nothing.
pub fn add(list: &mut Vec<Kept>, new: Kept, replaces: impl Fn(&Kept) -> bool) {
    if new.text.len() > MAX_TEXT {
        return;
    }
    list.retain(|one| one.text != new.text && !replaces(one));
    list.insert(0, new);
    list.truncate(MAX);
    let mut room = MAX_BYTES;
    let fits = list.iter().take_while(|one| {
        let fits = one.text.len() <= room;
        room = room.saturating_sub(one.text.len());
        fits
    });
    let fits = fits.count();
    list.truncate(fits.max(1));
}

/// The list as one string: a line of numbers before each note and text.
pub fn encode(list: &[Kept]) -> String {
    let mut said = String::new();
    for Kept { time, note, text } in list {
        for number in [*time, note.len() as u64, text.len() as u64] {
            said.push_str(&number.to_string());
            said.push(' ');
        }
        said.push('\n');
        said.push_str(note);
        said.push_str(text);
    }
    said
}

/// The list in a string; what can't be read, and all behind it, is left out.
pub fn decode(said: &str) -> Vec<Kept> {
    let mut list = Vec::new();
    let mut rest = said;
    while list.len() < MAX {
        let Some(kept) = one(&mut rest) else { break };
        list.push(kept);
    }
    list
}

fn one(rest: &mut &str) -> Option<Kept> {
    let (head, body) = rest.split_once('\n')?;
    let mut numbers = head.split_whitespace().map(str::parse::<u64>);
    let mut number = || numbers.next()?.ok();
    let time = number()?;
    let (note, text) = (usize::try_from(number()?).ok()?, usize::try_from(number()?).ok()?);
    let end = note.checked_add(text).filter(|_| text <= MAX_TEXT)?;
    let kept =
        Kept { time, note: body.get(..note)?.to_owned(), text: body.get(note..end)?.to_owned() };
    *rest = body.get(end..)?;
    Some(kept)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept(time: u64, note: &str, text: &str) -> Kept {
        Kept { time, note: note.into(), text: text.into() }
    }

    #[test]
    fn text_kept_again_moves_to_the_front() {
        let mut list = Vec::new();
        for (time, text) in [(1, "a"), (2, "b"), (3, "a")] {
            add(&mut list, kept(time, "", text), |_| false);
        }
        assert_eq!(list, [kept(3, "", "a"), kept(2, "", "b")]);
    }

    #[test]
    fn draft_of_the_same_visit_is_replaced() {
        let mut list = vec![kept(1, "other", "x")];
        for text in ["a", "ab", "abc"] {
            add(&mut list, kept(2, "mine", text), |one| one.note == "mine");
        }
        assert_eq!(list, [kept(2, "mine", "abc"), kept(1, "other", "x")]);
    }

    #[test]
    fn list_is_bounded() {
        let mut list = Vec::new();
        for n in 0..30 {
            add(&mut list, kept(n, "", &n.to_string()), |_| false);
        }
        assert_eq!((list.len(), list[0].time, list[9].time), (10, 29, 20));
        for n in 0..10 {
            add(&mut list, kept(n, "", &n.to_string().repeat(MAX_TEXT)), |_| false);
        }
        let bytes: usize = list.iter().map(|one| one.text.len()).sum();
        assert!(bytes <= MAX_BYTES && list.len() == 4, "{} in {bytes} bytes", list.len());
        let before = list.clone();
        add(&mut list, kept(99, "", &"x".repeat(MAX_TEXT + 1)), |_| true);
        assert_eq!(list, before);
    }

    #[test]
    fn damaged_list_gives_what_is_whole() {
        let said = encode(&[kept(1, "n", "é\n"), kept(2, "", "b")]);
        assert_eq!(decode(&said[..said.len() - 1]), [kept(1, "n", "é\n")]);
        assert_eq!(decode("1 18446744073709551615 1 \nx"), []);
        assert_eq!(decode("1 1 1 \né"), [], "a length that ends inside a letter");
        assert_eq!(decode("{}"), []);
    }

    proptest! {
        #[test]
        fn list_survives_its_string(list in proptest::collection::vec((any::<u64>(), ".{0,9}", "(?s).{0,40}"), 0..MAX)) {
            let list: Vec<Kept> = list.iter().map(|(time, note, text)| kept(*time, note, text)).collect();
            prop_assert_eq!(decode(&encode(&list)), list);
        }

        #[test]
        fn any_string_is_survived(said in "(?s)([0-9]{1,3} ){0,3}\n?.{0,60}") {
            prop_assert!(decode(&said).len() <= MAX);
        }
    }
}
