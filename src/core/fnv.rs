//! FNV-1a (Fowler, Noll, Vo) with 64 bits: the same in every version and on every machine, which no
//! hasher of the standard library promises. Later runs compute again what this hash chose or named.

/// The hash of the bytes taken so far.
#[derive(Debug)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Adds these bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Returns the hash of all that was taken.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_published_values() {
        // draft-eastlake-fnv, appendix on 64-bit FNV-1a.
        for (text, value) in [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)] {
            let mut hash = Fnv::default();
            hash.take(text.as_bytes());
            assert_eq!(hash.value(), value, "{text:?}");
        }
    }
}
