//! What a partial update says of one value.

/// A value of a partial update that can be empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It was not named: it stays as it is.
    #[default]
    Keep,
    /// It was named as empty.
    Clear,
    /// It was named with a new value.
    Set(T),
}

impl<T> Change<T> {
    /// Whether the value was named at all.
    pub fn is_named(&self) -> bool {
        !matches!(self, Self::Keep)
    }
}

impl<T: Clone> Change<T> {
    /// Writes the change into a value.
    pub fn apply_to(&self, value: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *value = None,
            Self::Set(new) => *value = Some(new.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_cleared_or_set() {
        for (change, after) in [
            (Change::Keep, Some(1)),
            (Change::Clear, None),
            (Change::Set(2), Some(2)),
        ] {
            let mut value = Some(1);
            change.apply_to(&mut value);
            assert_eq!(value, after);
            assert_eq!(change.is_named(), change != Change::Keep);
        }
    }
}
