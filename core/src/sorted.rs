//! A map as a list sorted by its keys, for the few dozen causes that wait at a time and the names of
//! a scenario. In wasm a tree costs a page more than it gives: each kind of key and value brings the
//! tree's code once more.

use alloc::vec::{self, Vec};
use core::borrow::Borrow;

/// The map. Taking in a key in the middle moves what is behind it; at the end it costs nothing.
#[derive(PartialEq, Eq, Hash, Debug)]
pub struct Sorted<K, V>(Vec<(K, V)>);

/// `clone_from` keeps what was allocated.
impl<K: Clone, V: Clone> Clone for Sorted<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }

    fn clone_from(&mut self, other: &Self) {
        self.0.clone_from(&other.0);
    }
}

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Sorted<K, V> {
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(one, _)| one.borrow().cmp(key))
    }

    /// The key's value.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|at| &self.0[at].1)
    }

    /// The key's value, and this one if it has none yet.
    pub fn or_insert(&mut self, key: K, value: V) -> (&mut V, bool) {
        let (at, new) = match self.place(&key) {
            Ok(at) => (at, false),
            Err(at) => {
                self.0.insert(at, (key, value));
                (at, true)
            }
        };
        (&mut self.0[at].1, new)
    }

    /// Gives the key this value.
    pub fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// Takes out a key; its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.place(key).ok().map(|at| self.0.remove(at).1)
    }
}

impl<K: Copy, V: Copy> Sorted<K, V> {
    /// Keys and values, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (K, V)> + '_ {
        self.0.iter().copied()
    }

    /// Takes out what is chosen, in the order of the keys.
    pub fn take_if(&mut self, chosen: impl Fn(K) -> bool) -> Vec<(K, V)> {
        self.0.extract_if(.., |(key, _)| chosen(*key)).collect()
    }
}

impl<K, V> Sorted<K, V> {
    /// Keys and values where they are, in the order of the keys.
    pub fn pairs(&self) -> impl Iterator<Item = &(K, V)> {
        self.0.iter()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes out all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl<K, V> IntoIterator for Sorted<K, V> {
    type Item = (K, V);
    type IntoIter = vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Sorted;
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorted_does_as_a_tree_does(steps in prop::collection::vec((0u8..4, 0u16..9, any::<u8>()), 0..60)) {
            let (mut sorted, mut tree) = (Sorted::default(), BTreeMap::new());
            for (act, key, value) in steps {
                match act {
                    0 => {
                        sorted.insert(key, value);
                        tree.insert(key, value);
                    }
                    1 => prop_assert_eq!(sorted.remove(&key), tree.remove(&key)),
                    2 => {
                        let new = !tree.contains_key(&key);
                        let own = tree.entry(key).or_insert(value);
                        prop_assert_eq!(sorted.or_insert(key, value), (own, new));
                    }
                    _ => {
                        let taken: Vec<_> = tree.extract_if(.., |it, _| it % 3 == key % 3).collect();
                        prop_assert_eq!(sorted.take_if(|it| it % 3 == key % 3), taken);
                    }
                }
                prop_assert_eq!(sorted.get(&key), tree.get(&key));
                prop_assert!(sorted.iter().eq(tree.iter().map(|(key, value)| (*key, *value))));
            }
        }
    }
}
