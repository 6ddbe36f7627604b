//! The table of the nodes' rows.

/// The columns of the table `nodes`: first the columns that other processes read of a node, then
/// its applied position. `level` is not among them, because a file from an older program lacks it.
macro_rules! node_columns {
    ($($form:tt)*) => {
        $crate::database::columns!($($form)* => [id renewal lease_ms] [epoch applied_revision])
    };
}
pub(crate) use node_columns;
