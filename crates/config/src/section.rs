//! Sections: structs whose fields are settings.

use crate::notices::Notice;
use crate::reader::Reader;
use crate::setting::Declaration;

/// A part of the settings that is read together.
pub(crate) trait Section: Sized {
    /// Its settings, in the order of the page.
    const DECLARATIONS: &'static [&'static Declaration];

    /// Reads each of them; what is wrong stays with the reader.
    fn read(reader: &mut Reader<'_>) -> Self;
}

/// A section of an adapter that is used only if some setting chooses it.
pub(crate) trait Chosen: Section {
    /// Any of these chooses it.
    const CHOSEN_BY: &'static [&'static Declaration];
    /// What a chosen one cannot do without.
    const NEEDS: &'static Declaration;
}

impl<S: Chosen> Section for Option<S> {
    const DECLARATIONS: &'static [&'static Declaration] = S::DECLARATIONS;

    fn read(reader: &mut Reader<'_>) -> Self {
        // Also where it is not chosen, a wrong text is said to be wrong.
        let section = S::read(reader);
        let chosen_by = reader.sources.given(S::CHOSEN_BY);
        if chosen_by.is_empty() {
            warn_of_useless::<S>(reader);
            return None;
        }
        if !reader.sources.is_given(S::NEEDS) {
            let text = format!("is needed, because {} is set", chosen_by.join(", "));
            reader.problem(S::NEEDS, text);
        }
        Some(section)
    }
}

fn warn_of_useless<S: Chosen>(reader: &mut Reader<'_>) {
    let useless = reader.sources.given(S::DECLARATIONS);
    if !useless.is_empty() {
        let names = useless.join(", ");
        let needed = S::NEEDS.variable();
        let text = format!("{names} means nothing, because {needed} is not set");
        reader.notices.push(Notice::Warning(text));
    }
}

/// Sections under one heading of the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    /// What stands above them.
    pub(crate) title: &'static str,
    /// Their settings.
    pub(crate) declarations: &'static [&'static Declaration],
}

/// Declares a section: a struct with a field for each setting.
///
/// `/// Meaning.` and `NAME => pub field: Type = kind(..).default("text"),`
/// declare the variable `AUTH_MICROSERVICE_NAME`. The macro makes the struct, a
/// constant `Section::NAME` for code that names the setting, and the reading.
macro_rules! section {
    (
        $(#[$attribute:meta])*
        pub struct $section:ident {
            $(
                $(#[doc = $meaning:literal])+
                $name:ident => $visibility:vis $field:ident: $type:ty = $kind:expr,
            )+
        }
    ) => {
        $(#[$attribute])*
        pub struct $section {
            $(
                $(#[doc = $meaning])+
                $visibility $field: $type,
            )+
        }

        impl $section {
            $(
                $(#[doc = $meaning])+
                pub const $name: $crate::setting::Setting<$type> =
                    $kind.named(stringify!($name), concat!($($meaning),+));
            )+
        }

        impl $crate::section::Section for $section {
            const DECLARATIONS: &'static [&'static $crate::setting::Declaration] =
                &[$(&Self::$name.declaration),+];

            fn read(reader: &mut $crate::reader::Reader<'_>) -> Self {
                Self { $($field: reader.get(&Self::$name)),+ }
            }
        }
    };
}

/// Declares the struct of all sections. The text above each is its heading on
/// the page.
macro_rules! sections {
    (
        $(#[$attribute:meta])*
        pub struct $all:ident {
            $(
                $(#[doc = $title:literal])+
                pub $field:ident: $section:ty,
            )+
        }
    ) => {
        $(#[$attribute])*
        pub struct $all {
            $(
                $(#[doc = $title])+
                pub $field: $section,
            )+
        }

        impl $all {
            /// All settings, under their headings.
            pub(crate) const GROUPS: &'static [$crate::section::Group] = &[$(
                $crate::section::Group {
                    title: concat!($($title),+),
                    declarations: <$section as $crate::section::Section>::DECLARATIONS,
                }
            ),+];

            fn read(reader: &mut $crate::reader::Reader<'_>) -> Self {
                Self { $($field: $crate::section::Section::read(reader)),+ }
            }
        }
    };
}
