//! The kernel inside its image.
//!
//! A bzImage unpacks itself in the guest, which costs an interpreted machine up to seven seconds.
//! QEMU can start the ELF inside directly (PVH), so it is unpacked here, once. The place of the
//! payload is in the setup header (Documentation/arch/x86/boot.rst: `setup_sects`,
//! `payload_offset`, `payload_length`). Left out: payloads other than xz, zstd and gzip; such a
//! kernel, or one for which the program is missing, is started as it is, only slower.

use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes the ELF inside an image to a file.
pub(crate) fn unpack(image: &Path, into: &Path) -> Result<()> {
    let bytes = fs::read(image)?;
    let payload = payload(&bytes).context("not an image with a setup header")?;
    let (program, options, package) = match payload {
        [0xfd, b'7', b'z', b'X', b'Z', ..] => ("xz", &["-dc", "--single-stream"][..], "xz-utils"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ("zstd", &["-dc"][..], "zstd"),
        [0x1f, 0x8b, ..] => ("gzip", &["-dc"][..], "gzip"),
        _ => bail!("a payload of unknown kind"),
    };
    // Behind the payload stands its size, which is no part of it.
    let packed = into.with_extension("packed");
    fs::write(&packed, &payload[..payload.len() - 4])?;
    let status = Command::new(program)
        .args(options)
        .stdin(File::open(&packed)?)
        .stdout(File::create(into)?)
        .stderr(Stdio::null())
        .status();
    fs::remove_file(&packed)?;
    let status = status.with_context(|| format!("apt-get install {package}"))?;
    let mut magic = [0; 4];
    if !status.success() || File::open(into)?.read(&mut magic)? < 4 || magic != *b"\x7fELF" {
        fs::remove_file(into)?;
        bail!("{program} could not unpack it ({status})");
    }
    Ok(())
}

fn payload(image: &[u8]) -> Option<&[u8]> {
    let dword = |at: usize| {
        let bytes = image.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().expect("four bytes")) as usize)
    };
    (image.get(0x202..0x206)? == b"HdrS").then_some(())?;
    let start = (usize::from(*image.get(0x1f1)?) + 1) * 512;
    let (offset, length) = (dword(0x248)?, dword(0x24c)?);
    let payload = image.get(start + offset..(start + offset).checked_add(length)?)?;
    (payload.len() > 8).then_some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(payload: &[u8], length: u32) -> Vec<u8> {
        let mut image = vec![0; 1024];
        image[0x1f1] = 1;
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x248] = 16;
        image[0x24c..0x250].copy_from_slice(&length.to_le_bytes());
        image.extend_from_slice(&[0xee; 16]);
        image.extend_from_slice(payload);
        image
    }

    #[test]
    fn payload_is_found_behind_setup_and_offset() {
        assert_eq!(payload(&image(b"0123456789", 10)), Some(&b"0123456789"[..]));
        assert_eq!(payload(&image(b"0123456789", 11)), None);
        assert_eq!(payload(&image(b"0123456789", u32::MAX)), None);
        assert_eq!(payload(&image(b"01234567", 8)), None);
        assert_eq!(payload(b"MZ"), None);
    }
}
