//! Which device, and by which way.

use std::fmt;
use std::str::FromStr;

/// The address of a PCI function, as `lspci -D` prints it: `0000:00:06.0`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Address {
    domain: u32,
    bus: u8,
    device: u8,
    function: u8,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, bus, device, function } = self;
        write!(f, "{domain:04x}:{bus:02x}:{device:02x}.{function}")
    }
}

/// Why a text is no address.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no PCI address; one looks like 0000:00:06.0 (`lspci -D` prints them)")]
pub struct NotAnAddress(String);

impl FromStr for Address {
    type Err = NotAnAddress;

    /// `DOMAIN:BUS:DEVICE.FUNCTION` in hex; without a domain, domain 0.
    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let parse = || {
            let (rest, function) = text.rsplit_once('.')?;
            let (rest, device) = rest.rsplit_once(':')?;
            let (domain, bus) = rest.rsplit_once(':').unwrap_or(("0", rest));
            let hex = |part: &str, digits: usize, max: u32| {
                let digits = (1..=digits).contains(&part.len());
                let plain = part.bytes().all(|byte| byte.is_ascii_hexdigit());
                let number = u32::from_str_radix(part, 16).ok()?;
                (digits && plain && number <= max).then_some(number)
            };
            Some(Self {
                domain: hex(domain, 8, u32::MAX)?,
                bus: hex(bus, 2, 0xff)? as u8,
                device: hex(device, 2, 31)? as u8,
                function: hex(function, 1, 7)? as u8,
            })
        };
        parse().ok_or_else(|| NotAnAddress(text.to_owned()))
    }
}

/// How a device is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interface {
    /// The device's character device where the kernel has one, else its group.
    Any,
    /// Group and container.
    Group,
    /// The device's character device and IOMMUFD.
    Cdev,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_read_as_lspci_prints_it() {
        let address: Address = "0000:00:1f.3".parse().expect("valid");
        assert_eq!(address.to_string(), "0000:00:1f.3");
        assert_eq!("0a:06.0".parse::<Address>().expect("valid").to_string(), "0000:0a:06.0");
        assert_eq!("10000:e1:00.0".parse::<Address>().expect("vmd").to_string(), "10000:e1:00.0");
    }

    #[test]
    fn address_that_is_none_says_how_one_looks() {
        for wrong in ["", "06.0", "0:0:20.0", "00:06.8", "00:6g.0", "00:06.", "+1:00.0", "a.b"] {
            let error = wrong.parse::<Address>().expect_err(wrong).to_string();
            assert!(error.contains("0000:00:06.0"), "{error}");
        }
    }
}
