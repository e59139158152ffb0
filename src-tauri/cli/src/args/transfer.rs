//! The forms of what holds for all transfers.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Transfer {
    /// Shows how fast bytes may move over connections, or sets it; takes effect at once, for what moves already too
    Limit {
        /// `off`, a rate such as "10 MiB/s", or times with rates: "mon-fri 08:00 10 MiB/s, 19:00 off"; read and written bytes count alike
        rates: Option<String>,
        /// Only over this connection; without it, over all connections together
        #[arg(long, value_name = "NAME", requires = "rates")]
        connection: Option<String>,
        /// Time zone of the times [default: UTC]
        #[arg(long, value_name = "ZONE", requires = "rates")]
        timezone: Option<String>,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT", requires = "rates")]
        reason: Option<String>,
    },
}
