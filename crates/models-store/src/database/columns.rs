//! Column lists of statements.
//!
//! A macro beside the type of a table's rows names the table's columns once, and every statement
//! takes its lists from that macro.

/// Writes a column list.
///
/// `columns!([", "] ["m." *] => id created)` is `m.id, m.created`. The first brackets hold the
/// separator, the second the text for each column, with `*` for its name.
/// `columns!(values => id created)` is `$1, $2`.
///
/// A table can have two groups of columns: `columns!(first, FORM => [id created] [digest])` is the
/// list of the first group, `second` is that of the second, and `all` is that of both.
macro_rules! columns {
    (first, $($form:tt)*) => {
        $crate::database::columns!(@first [] $($form)*)
    };
    (second, $($form:tt)*) => {
        $crate::database::columns!(@second [] $($form)*)
    };
    (all, $($form:tt)*) => {
        $crate::database::columns!(@all [] $($form)*)
    };
    (@first [$($form:tt)*] => [$($column:ident)*] [$($rest:ident)*]) => {
        $crate::database::columns!($($form)* => $($column)*)
    };
    (@second [$($form:tt)*] => [$($column:ident)*] [$($rest:ident)*]) => {
        $crate::database::columns!($($form)* => $($rest)*)
    };
    (@all [$($form:tt)*] => [$($column:ident)*] [$($rest:ident)*]) => {
        $crate::database::columns!($($form)* => $($column)* $($rest)*)
    };
    (@$group:ident [$($form:tt)*] $next:tt $($left:tt)*) => {
        $crate::database::columns!(@$group [$($form)* $next] $($left)*)
    };
    (values => $($column:ident)*) => {
        $crate::database::columns!(#[] ["$1" "$2" "$3" "$4" "$5" "$6" "$7" "$8" "$9" "$10" "$11" "$12" "$13" "$14"] $($column)*)
    };
    (#[$first:literal $($value:literal)*] [$($left:literal)*]) => {
        concat!($first $(, ", ", $value)*)
    };
    (#[$($value:literal)*] [$next:literal $($left:literal)*] $column:ident $($columns:ident)*) => {
        $crate::database::columns!(#[$($value)* $next] [$($left)*] $($columns)*)
    };
    ([$between:literal] $each:tt => $first:ident $($column:ident)*) => {
        concat!(
            $crate::database::columns!(each $first $each)
            $(, $between, $crate::database::columns!(each $column $each))*
        )
    };
    (each $column:ident [$($part:tt)*]) => {
        concat!($($crate::database::columns!(part $column $part)),*)
    };
    (part $column:ident *) => {
        stringify!($column)
    };
    (part $column:ident $text:literal) => {
        $text
    };
}
pub(crate) use columns;

#[cfg(test)]
mod tests {
    macro_rules! sample_columns {
        ($($form:tt)*) => {
            columns!($($form)* => [id type] [digest])
        };
    }

    #[test]
    fn lists_name_each_column_in_order() {
        assert_eq!(sample_columns!(first, [", "] [*]), "id, type");
        assert_eq!(sample_columns!(second, [", "] ["k." *]), "k.digest");
        assert_eq!(
            sample_columns!(all, [" OR "] ["a." * " <> b." *]),
            "a.id <> b.id OR a.type <> b.type OR a.digest <> b.digest"
        );
        assert_eq!(sample_columns!(first, values), "$1, $2");
        assert_eq!(sample_columns!(all, values), "$1, $2, $3");
    }
}
