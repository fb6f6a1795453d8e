//! Texts kept from one visit to the next: drafts, and the last runs. Lists of a few, the newest
//! first, as one string in a storage that may be missing, full, or hold anything.

use vfio_irq_core::scenario::MAX_TEXT;

/// A text, with when it was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// When, in milliseconds since 1970.
    pub time: u64,
    /// A word about it, one line: what came of the run.
    pub note: String,
    /// The text.
    pub text: String,
}

/// Longest list, in bytes: a browser gives a site about 5 MB, and there are two lists.
const MAX_BYTES: usize = 2 << 20;
/// Most texts of a list.
pub const MAX: usize = 10;

/// Puts a text in front. Those that this one replaces go; so do the oldest when there are too many.
/// A text longer than a scenario may be changes nothing. Whether it was put there.
pub fn add(list: &mut Vec<Kept>, new: Kept, replaces: impl Fn(&Kept) -> bool) -> bool {
    if new.text.len() > MAX_TEXT {
        return false;
    }
    list.retain(|one| !replaces(one));
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
    true
}

/// Has `set` keep a list as a string; where it refuses, as much of the beginning as it takes, but
/// not less than the first. Whether it took something: what is refused takes nothing away.
pub fn put(list: &[Kept], mut set: impl FnMut(&str) -> bool) -> bool {
    let mut count = list.len();
    while !set(&encode(&list[..count])) {
        if count <= 1 {
            return false;
        }
        count /= 2;
    }
    true
}

/// The draft that a visit goes on from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The draft as it was kept.
    pub kept: Kept,
    /// It was open at the beginning, or is this visit's work: to go back to the page's own text is
    /// to throw it away. Not so if the visit only came by.
    pub own: bool,
}

impl Draft {
    /// Keeps a text in the place of the draft it goes on from; of the page's own text, `None`,
    /// nothing is kept. A draft is replaced only as long as it stands as it was: another visit may
    /// have gone on from it too, and has its own since. Whether the text can be kept.
    pub fn keep(from: &mut Option<Self>, list: &mut Vec<Kept>, new: Option<Kept>) -> bool {
        let Some(new) = new else {
            if let Some(Self { kept, own: true }) = from.take() {
                list.retain(|one| *one != kept);
            }
            return true;
        };
        if let Some(same) = list.iter().find(|one| one.text == new.text) {
            if from.as_ref().is_none_or(|from| from.kept != *same) {
                *from = Some(Self { kept: same.clone(), own: false });
            }
            return true;
        }
        let old = from.as_ref().map(|from| &from.kept);
        if !add(list, new.clone(), |one| Some(one) == old) {
            return false;
        }
        *from = Some(Self { kept: new, own: true });
        true
    }
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
    fn text_replaced_goes_and_the_new_one_stands_in_front() {
        let mut list = Vec::new();
        for (time, text) in [(1, "a"), (2, "b"), (3, "a")] {
            assert!(add(&mut list, kept(time, "", text), |one| one.text == text));
        }
        assert_eq!(list, [kept(3, "", "a"), kept(2, "", "b")]);
    }

    /// A visit that writes a text.
    fn write(from: &mut Option<Draft>, list: &mut Vec<Kept>, time: u64, text: &str) {
        assert!(Draft::keep(from, list, Some(kept(time, "", text))), "it is short");
    }

    fn opened(list: &[Kept]) -> Option<Draft> {
        Some(Draft { kept: list[0].clone(), own: true })
    }

    #[test]
    fn draft_is_replaced_by_the_visit_that_goes_on_from_it() {
        let mut list = vec![kept(2, "", "x"), kept(1, "", "other")];
        let mut visit = opened(&list);
        for (time, text) in [(3, "xa"), (4, "xab")] {
            write(&mut visit, &mut list, time, text);
        }
        assert_eq!(list, [kept(4, "", "xab"), kept(1, "", "other")]);
        assert!(Draft::keep(&mut visit, &mut list, None));
        assert_eq!((list, visit), (vec![kept(1, "", "other")], None));
    }

    #[test]
    fn draft_open_in_two_visits_keeps_what_both_write() {
        let mut list = vec![kept(1, "", "x")];
        let (mut a, mut b) = (opened(&list), opened(&list));
        write(&mut b, &mut list, 2, "xb");
        write(&mut a, &mut list, 3, "xa");
        write(&mut b, &mut list, 4, "xbb");
        assert_eq!(list, [kept(4, "", "xbb"), kept(3, "", "xa")]);
        // Not even by throwing away what was open.
        let mut c = opened(&[kept(1, "", "x")]);
        assert!(Draft::keep(&mut c, &mut list, None));
        assert_eq!(list.len(), 2);
    }

    #[test]
    fn draft_only_looked_at_is_kept() {
        let mut list = vec![kept(2, "", "mine"), kept(1, "", "older")];
        let mut visit = opened(&list);
        write(&mut visit, &mut list, 3, "older");
        assert!(Draft::keep(&mut visit, &mut list, None));
        assert_eq!(list, [kept(2, "", "mine"), kept(1, "", "older")]);
    }

    #[test]
    fn list_is_bounded() {
        let mut list = Vec::new();
        for n in 0..30 {
            add(&mut list, kept(n, "", &n.to_string()), |_| false);
        }
        assert_eq!((list.len(), list[0].time, list[9].time), (10, 29, 20));
        for n in 0..10 {
            assert!(add(&mut list, kept(n, "", &n.to_string().repeat(MAX_TEXT)), |_| false));
        }
        let bytes: usize = list.iter().map(|one| one.text.len()).sum();
        assert!(bytes <= MAX_BYTES && list.len() == 2, "{} in {bytes} bytes", list.len());
        assert_eq!(decode(&encode(&list)), list, "what a scenario may be is read again");
        let before = list.clone();
        assert!(!add(&mut list, kept(99, "", &"x".repeat(MAX_TEXT + 1)), |_| true));
        assert_eq!(list, before);
        let long = kept(99, "", &"x".repeat(MAX_TEXT + 1));
        assert!(!Draft::keep(&mut None, &mut list, Some(long)));
    }

    #[test]
    fn storage_without_room_keeps_what_it_had() {
        let list: Vec<Kept> = (0..10).map(|n| kept(n, "", &n.to_string().repeat(10))).collect();
        let mut stored = "before".to_owned();
        let mut of_size = |room: usize| {
            let done = put(&list, |said| {
                let fits = said.len() <= room;
                if fits {
                    said.clone_into(&mut stored);
                }
                fits
            });
            (done, stored.clone())
        };
        assert_eq!(of_size(5), (false, "before".to_owned()), "not even the first fits");
        let (done, said) = of_size(50);
        assert!(done && decode(&said) == list[..2], "{said}");
        let (done, said) = of_size(1_000);
        assert!(done && decode(&said) == list);
        assert!(put(&[], |said| said.is_empty()) && !put(&[], |_| false));
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
