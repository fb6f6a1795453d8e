//! Error numbers of the uAPI.

use core::fmt;

/// A Linux error number, positive. Any value: a real kernel may answer what no clause names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Errno(pub i32);

macro_rules! errnos {
    ($($name:ident = $value:literal),* $(,)?) => {
        impl Errno {
            $(#[doc = concat!("`", stringify!($name), "`, ", stringify!($value), ".")]
            pub const $name: Self = Self($value);)*

            const NAMED: &'static [(&'static str, i32)] = &[$((stringify!($name), $value)),*];
        }
    };
}

errnos! {
    EPERM = 1, ENOENT = 2, EIO = 5, ENXIO = 6, EBADF = 9, EAGAIN = 11, ENOMEM = 12, EACCES = 13,
    EFAULT = 14, EBUSY = 16, ENODEV = 19, EINVAL = 22, EMFILE = 24, ENOTTY = 25, ENOSPC = 28,
    ERANGE = 34, EOPNOTSUPP = 95,
}

impl Errno {
    /// The symbolic name, where it is one of those this crate knows.
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(_, value)| *value == self.0).map(|(name, _)| *name)
    }

    /// All symbolic names this crate knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMED.iter().map(|(name, _)| *name)
    }

    /// The error number with this symbolic name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(known, _)| *known == name).map(|(_, value)| Self(*value))
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "errno {}", self.0),
        }
    }
}

impl core::error::Error for Errno {}
