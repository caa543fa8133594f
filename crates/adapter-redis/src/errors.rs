//! Driver errors become `PortError` here and nowhere else.

use auth_domain::error::PortError;
use fred::error::{Error, ErrorKind};

/// Whatever keeps the server from answering now is `Unavailable`, also what it
/// says of its own state (`LOADING`, `OOM`, `READONLY`, `NOAUTH`). `ERR` is
/// what it says of a command that is wrong.
pub(crate) fn port_error(error: Error) -> PortError {
    match error.kind() {
        ErrorKind::InvalidArgument
        | ErrorKind::InvalidCommand
        | ErrorKind::NotFound
        | ErrorKind::Parse => PortError::Backend(error.into()),
        ErrorKind::Unknown if error.details().starts_with("ERR") => {
            PortError::Backend(error.into())
        }
        _ => PortError::Unavailable(error.into()),
    }
}

/// Whether the server answers, but cannot serve us: it is a replica now, lost
/// its own primary, or is starting.
pub(crate) fn is_of_unfit_server(error: &Error) -> bool {
    let said = error.details();
    ["READONLY", "LOADING", "MASTERDOWN"]
        .iter()
        .any(|word| said.contains(word))
}

/// What a cache read: a value of another type, or no text, is a miss.
pub(crate) fn readable<T>(read: Result<Option<T>, Error>) -> Result<Option<T>, PortError> {
    match read {
        Err(error) if is_unreadable(&error) => Ok(None),
        read => read.map_err(port_error),
    }
}

fn is_unreadable(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::Parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unavailable(kind: ErrorKind, details: &'static str) -> bool {
        matches!(
            port_error(Error::new(kind, details)),
            PortError::Unavailable(_)
        )
    }

    #[test]
    fn a_server_that_cannot_serve_is_unavailable() {
        for kind in [ErrorKind::IO, ErrorKind::Timeout, ErrorKind::Canceled] {
            assert!(unavailable(kind, "gone"));
        }
        assert!(unavailable(ErrorKind::Auth, "WRONGPASS invalid"));
        for reply in [
            "LOADING the dataset",
            "OOM command",
            "READONLY You",
            "MISCONF",
        ] {
            assert!(unavailable(ErrorKind::Unknown, reply), "{reply}");
        }
    }

    #[test]
    fn a_command_that_is_wrong_is_a_defect() {
        let reply = "ERR value is not an integer";
        assert!(!unavailable(ErrorKind::Unknown, reply));
        assert!(!unavailable(ErrorKind::InvalidArgument, "WRONGTYPE"));
    }
}
