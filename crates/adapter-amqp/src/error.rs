/// Why the broker cannot be used. The text names no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// Nothing answers, or not in time.
    #[error("RabbitMQ cannot be reached: {0}")]
    Unreachable(String),
    /// It closed the connection before it was open, which is how it answers
    /// a wrong user, password or virtual host.
    #[error("RabbitMQ refused the connection: are user, password and virtual host right? ({0})")]
    Refused(String),
    /// An exchange or queue of the same name is there and is another one.
    #[error(
        "RabbitMQ has {0}, which this service cannot use as it is: \
         `auth-microservice broker status` shows what is there, \
         `auth-microservice broker migrate` replaces it"
    )]
    OtherTopology(String),
    /// It does not let the user do that.
    #[error("RabbitMQ refused what the service needs, {0}: may the user configure it?")]
    Denied(String),
    /// It confirms nothing at the moment: it is over its memory or disk limit.
    #[error("RabbitMQ confirms nothing at the moment: is its memory or disk alarm on?")]
    Stalled,
    /// The connection was lost.
    #[error("the connection to RabbitMQ was lost: {0}")]
    Lost(String),
}
