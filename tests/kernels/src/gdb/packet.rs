//! The frame of gdb's remote protocol (GDB manual, appendix E.1): `$data#sum`, with `}` before
//! bytes that would mislead. Left out: run-length encoding, which QEMU does not use.

/// Frames a command.
pub(crate) fn encode(data: &str) -> Vec<u8> {
    let mut frame = vec![b'$'];
    for byte in data.bytes() {
        if matches!(byte, b'$' | b'#' | b'}' | b'*') {
            frame.extend([b'}', byte ^ 0x20]);
        } else {
            frame.push(byte);
        }
    }
    let sum = sum(&frame[1..]);
    frame.extend_from_slice(format!("#{sum:02x}").as_bytes());
    frame
}

/// What the first bytes of a stream are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A whole packet and how many bytes it took, those before it included.
    Packet(String, usize),
    /// A packet whose sum is wrong, and how many bytes it took.
    Damaged(usize),
    /// No whole packet yet.
    Part,
}

/// Looks for a packet; acknowledgements before it are passed over.
pub(crate) fn decode(bytes: &[u8]) -> Frame {
    let Some(start) = bytes.iter().position(|&byte| byte == b'$') else { return Frame::Part };
    let data = &bytes[start + 1..];
    let Some(end) = data.iter().position(|&byte| byte == b'#') else { return Frame::Part };
    let Some(digits) = data.get(end + 1..end + 3) else { return Frame::Part };
    let taken = start + 1 + end + 3;
    let told = std::str::from_utf8(digits).ok().and_then(|two| u8::from_str_radix(two, 16).ok());
    let data = &data[..end];
    if told != Some(sum(data)) {
        return Frame::Damaged(taken);
    }
    let mut plain = Vec::with_capacity(data.len());
    let mut rest = data.iter();
    while let Some(&byte) = rest.next() {
        match byte {
            b'}' => plain.extend(rest.next().map(|escaped| escaped ^ 0x20)),
            _ => plain.push(byte),
        }
    }
    Frame::Packet(String::from_utf8_lossy(&plain).into_owned(), taken)
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, &byte| sum.wrapping_add(byte))
}

/// Bytes written as pairs of hexadecimal digits; `None` when they are not.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_is_framed_with_its_sum() {
        assert_eq!(encode("m0,4"), b"$m0,4#fd");
        assert_eq!(encode("a#b"), b"$a}\x03b#43");
    }

    #[test]
    fn packet_is_found_behind_acknowledgements() {
        assert_eq!(decode(b"++$OK#9a$"), Frame::Packet("OK".into(), 8));
        assert_eq!(decode(b"$a}\x03b#43"), Frame::Packet("a#b".into(), 8));
        assert_eq!(decode(b"$#00"), Frame::Packet(String::new(), 4));
    }

    #[test]
    fn part_of_a_packet_waits_for_the_rest() {
        let whole = b"+$T05thread:01;#07";
        for cut in 0..whole.len() {
            assert_eq!(decode(&whole[..cut]), Frame::Part, "{cut}");
        }
        assert_eq!(decode(whole), Frame::Packet("T05thread:01;".into(), whole.len()));
    }

    #[test]
    fn wrong_sum_is_damage() {
        assert_eq!(decode(b"$OK#9b"), Frame::Damaged(6));
        assert_eq!(decode(b"$OK#zz"), Frame::Damaged(6));
    }

    #[test]
    fn digits_that_are_no_bytes_are_refused() {
        assert_eq!(unhex("00ff"), Some(vec![0, 255]));
        for text in ["0", "0x", "é"] {
            assert_eq!(unhex(text), None, "{text}");
        }
    }
}
