//! Links: what they hold comes back, what happens to them on their way is told.

use alloc::string::{String, ToString};
use alloc::vec;

use proptest::prelude::*;

use super::*;

const STORY: &str =
    "function e1000e\nhost linux-6.1\n\nset_irqs msix trigger eventfd 0 [a]  -> 0\n";

fn view() -> View {
    View {
        text: STORY.into(),
        position: Some(17),
        tool: Some("compare".into()),
        hosts: vec!["linux-6.1".into(), "linux-6.12".into()],
        followed: Some(2),
    }
}

#[test]
fn checksum_is_the_known_one_of_nine_digits() {
    // The check value every list of CRCs gives for CRC-32.
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn view_of_everything_comes_back_from_its_link() {
    let link = encode(&view()).expect("short");

    for link in [link.clone(), alloc::format!("https://example.org/x/playground.html#{link}")] {
        assert_eq!(decode(&link), Ok(view()));
    }
    assert!(link.len() < STORY.len() * 3, "{} characters", link.len());
}

/// Links of every version there has been: these must open for ever. That of version 1 was made by
/// Python's zlib and base64.
#[test]
fn links_of_every_version_open() {
    let zero = "#s=function%20simple%0Afire%200%20%20%23%20%C3%A4%0A";
    assert_eq!(decode(zero), Ok(View::of_text("function simple\nfire 0  # ä\n")));
    let one = "https://example.org/playground.html#v1=XgAA3QiUkE3LMQ5AQBBG4X5O8V-AzCroXEREhFkmYZfdIY5PqXvF9w64hgxT3I8xCa3YNFxPUZfu3xV5VET-CpNpDBDHzJ-O2X4DZbFB05mxZ31gSZdFEuSWYH4Goxt7oGjB9AI";
    assert_eq!(decode(one), Ok(view()));
}

#[test]
fn view_comes_back_from_a_link_that_is_not_compressed() {
    assert_eq!(encode_stored(&view()).and_then(|link| decode(&link)), Ok(view()));
}

#[test]
fn link_cut_anywhere_is_told_from_a_changed_one() {
    let link = encode(&view()).expect("short");
    for len in "v1=".len()..link.len() {
        let error = decode(&link[..len]).expect_err("cut");
        assert!(matches!(error, LinkError::Cut(1..)), "{len}: {error}");
    }
    let missing = decode(&link[..link.len() - 8]).expect_err("cut").to_string();
    assert!(missing.contains("8 characters are missing"), "{missing}");
}

#[test]
fn link_with_another_character_is_changed() {
    let link = encode(&view()).expect("short");
    for at in "v1=".len() + 14..link.len() - 1 {
        let other = if link.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mut changed = link.clone();
        changed.replace_range(at..=at, other);
        assert_eq!(decode(&changed), Err(LinkError::Changed), "{at}");
    }
    assert_eq!(decode("v1=AAA*"), Err(LinkError::Character(4)));
}

#[test]
fn what_a_mail_adds_does_not_matter() {
    let link = encode(&view()).expect("short");
    let (one, two) = link.split_at(40);

    assert_eq!(decode(&alloc::format!("<http://x/p.html#{one}\r\n  {two}>.\n")), Ok(view()));
}

#[test]
fn link_of_a_later_version_or_of_nothing_says_so() {
    assert_eq!(decode("#v2=AAAA"), Err(LinkError::Future("2".into())));
    for nothing in ["", "#", "#x", "#vx=1", "#v=1", "#v99999=1", "https://example.org/", "#k=v"] {
        assert_eq!(decode(nothing), Err(LinkError::NoLink), "{nothing}");
    }
    assert_eq!(decode("#s=%4"), Err(LinkError::Content("a `%` without two digits")));
    assert_eq!(decode("#s=%ff"), Err(LinkError::Content("it is not text")));
}

#[test]
fn link_that_would_inflate_without_bound_is_refused() {
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b'#'; 8 << 20], 9);
    let link = seal(&bomb).expect("a bomb is short");

    assert_eq!(decode(&link), Err(LinkError::Large));
    assert_eq!(decode(&"#s=a".repeat(MAX_LINK)), Err(LinkError::TooLong));
    let noise: String = (0..MAX_LINK as u32).map(|n| char::from(33 + (n * n % 90) as u8)).collect();
    let long = (0..9u32).map(|n| alloc::format!("{n}{noise}{}", n * 77)).collect::<String>();
    assert!(seal(long.as_bytes()).is_err());
}

#[test]
fn longest_link_there_is_opens_from_a_page_of_any_address_and_out_of_a_mail() {
    let most = (0..MAX_LINK).rev().find_map(|len| seal(&vec![0; len]).ok()).expect("some fit");
    assert!(most.len() <= MAX_LINK && most.len() > MAX_LINK - 64, "{}", most.len());
    let lines: Vec<&str> =
        most.as_bytes().chunks(70).map(|line| core::str::from_utf8(line).expect("ASCII")).collect();
    let mailed =
        alloc::format!("<https://example.org/x/playground.html#{}>).\n", lines.join("\r\n    "));

    for link in
        [most.clone(), alloc::format!("https://example.org/x/playground.html#{most}"), mailed]
    {
        assert!(matches!(unseal(&link), Ok(Unsealed::Deflated(_))));
    }
    assert_eq!(
        unseal(&alloc::format!("{}#v1=", "x".repeat(2 * MAX_LINK))),
        Err(LinkError::TooLong)
    );
    assert_eq!(unseal(&alloc::format!("{most}{most}")), Err(LinkError::TooLong));
}

#[test]
fn payload_with_a_wrong_head_is_refused_and_a_later_one_read() {
    let of = |payload: &str| View::from_payload(payload.as_bytes());

    assert_eq!(of("z later\n\nfire 0\n"), Ok(View::of_text("fire 0\n")));
    for wrong in ["", "p 1", "p x\n\n", "p -1\n\n", "t \n\n", "h a b\n\n", "tool\n\n"] {
        assert!(matches!(of(wrong), Err(LinkError::Content(_))), "{wrong:?}");
    }
    assert_eq!(View::from_payload(&[b'\n', 0xff]), Err(LinkError::Content("it is not text")));
}

proptest! {
    #[test]
    fn view_of_any_text_comes_back(text: String, position: Option<u32>, followed: Option<u32>) {
        let view = View { text, position, followed, ..View::default() };
        prop_assert_eq!(decode(&encode(&view).expect("short")), Ok(view));
    }

    #[test]
    fn no_text_makes_decoding_panic(text: String, head in "(#v1=|#s=|v1=)?", bytes: Vec<u8>) {
        let _ = decode(&(head + &text));
        let _ = decode(&seal(&bytes).expect("short"));
        let _ = View::from_payload(&bytes);
    }
}
