//! The working memory of one hash thread.

use argon2::Block;
use auth_domain::identity::HashError;

/// Blocks that are used again by the next hash: a load of many hashes touches
/// the same pages instead of asking the operating system for zeroed ones.
pub(super) struct Memory {
    blocks: Vec<Block>,
    kept: usize,
}

impl Memory {
    /// Memory that keeps up to so many blocks of 1 KiB. It takes none before
    /// the first hash.
    pub(super) fn new(kept: usize) -> Self {
        Self {
            blocks: Vec::new(),
            kept,
        }
    }

    /// How many blocks have been used and are kept.
    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.blocks.len()
    }

    /// Lends exactly `count` blocks of any content. What is beyond the kept
    /// size is given back afterwards.
    pub(super) fn lend<T>(
        &mut self,
        count: usize,
        work: impl FnOnce(&mut [Block]) -> T,
    ) -> Result<T, HashError> {
        let missing = count.saturating_sub(self.blocks.len());
        let reserved = self.blocks.try_reserve_exact(missing);
        reserved.map_err(|e| HashError::Failed(e.to_string()))?;
        if missing > 0 {
            self.blocks.resize(count, Block::new());
        }
        let blocks = self.blocks.get_mut(..count).unwrap_or_default();
        let result = work(blocks);
        if self.blocks.len() > self.kept {
            self.blocks.truncate(self.kept);
            self.blocks.shrink_to_fit();
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_and_never_kept_beyond_its_size() {
        let mut memory = Memory::new(16);
        let first = memory.lend(16, |blocks| blocks.as_ptr()).unwrap();
        let second = memory.lend(16, |blocks| blocks.as_ptr()).unwrap();
        assert_eq!(first, second);
        let large = memory.lend(1000, |blocks| blocks.len()).unwrap();
        assert_eq!(large, 1000);
        assert!(memory.blocks.capacity() < 1000);
        let small = memory.lend(8, |blocks| blocks.len()).unwrap();
        assert_eq!((small, memory.used()), (8, 16));
    }

    #[test]
    fn more_memory_than_any_machine_has_is_an_error() {
        let mut memory = Memory::new(16);
        let refused = memory.lend(usize::MAX / 2, |blocks| blocks.len());
        assert!(matches!(refused, Err(HashError::Failed(_))));
    }
}
