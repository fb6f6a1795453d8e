//! Random numbers that are the same everywhere for the same seed: the generator is a named one, and
//! numbers are cut to a range here, not by a library that may change how.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// The generator's name, for whoever wants to repeat a run.
pub const GENERATOR: &str = "pcg64";

/// Spreads the numbers of sequences over the seeds (2^64 divided by the golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Random numbers of one sequence.
#[derive(Clone, Debug)]
pub(super) struct Random(Pcg64);

impl Random {
    /// The numbers of sequence `sequence` under `seed`: no other sequence has to be made first.
    pub(super) fn new(seed: u64, sequence: u64) -> Self {
        let start = Pcg64::seed_from_u64(seed).next_u64();
        Self(Pcg64::seed_from_u64(start ^ sequence.wrapping_mul(SPREAD)))
    }

    /// Any number.
    pub(super) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `end`; 0 where there is none.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        (((self.number() >> 32) * u64::from(end)) >> 32) as u32
    }

    /// A number of `first..=last`.
    pub(super) fn within(&mut self, first: u32, last: u32) -> u32 {
        first.saturating_add(self.below(last.saturating_sub(first).saturating_add(1)))
    }

    /// Yes, once in `times`.
    pub(super) fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u32) as usize]
    }

    /// One of these, each as likely as its weight.
    pub(super) fn weighed<T: Copy>(&mut self, of: &[(u32, T)]) -> T {
        let mut at = self.below(of.iter().map(|(weight, _)| weight).sum());
        for (weight, what) in of {
            if at < *weight {
                return *what;
            }
            at -= weight;
        }
        of[0].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers as another program gives them (Python's integers, after the description of
    /// PCG): a seed that someone noted down must make the same steps on every machine, forever.
    #[test]
    fn seed_gives_the_same_numbers_everywhere() {
        let first = |seed, sequence| Random::new(seed, sequence).number();
        assert_eq!(first(1, 0), 0x4c6f_b27a_d028_edc6);
        assert_eq!(first(1, 1), 0x5918_b863_3588_35f6);
        assert_eq!(first(7, 3), 0xf542_20cd_2e1d_2556);
    }

    #[test]
    fn ranges_are_reached_to_both_ends_and_not_left() {
        let mut random = Random::new(7, 0);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[random.below(5) as usize] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(random.below(0), 0);
        assert!((0..100).all(|_| (3..=4).contains(&random.within(3, 4))));
        assert_eq!(random.within(u32::MAX, u32::MAX), u32::MAX);
    }
}
