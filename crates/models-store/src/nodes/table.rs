//! The table of the nodes' rows.

/// The columns of the table `nodes`: those that other processes read of a node, and the position that it has applied. The
/// column `level` is not among them, because a file that an older program has made lacks it.
macro_rules! node_columns {
    ($($form:tt)*) => {
        $crate::database::columns!($($form)* => [id renewal lease_ms] [epoch applied_revision])
    };
}
pub(crate) use node_columns;
