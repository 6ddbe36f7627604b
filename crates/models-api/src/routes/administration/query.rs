//! The query parameters of lists.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use models_core::{Order, PageRequest};
use url::form_urlencoded;

use crate::dialects::openai::administration::body::{invalid, must};
use crate::dialects::openai::error::ApiError;
use crate::dialects::openai::error::parameter::ParameterProblem;

const DEFAULT_LIMIT: NonZeroU32 = NonZeroU32::new(20).expect("20 is not 0");
const MOST: u32 = 100;
/// The most texts of a list. The database compares each with each event.
const MOST_VALUES: usize = 100;

/// The parameters of a query. Unknown ones are ignored.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Parses the query of a URL, which is absent or without its question mark.
    pub(super) fn parse(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// The texts of a list, `name[]=a&name[]=b`; `None` without any.
    pub(super) fn values(&self, name: &'static str) -> Result<Option<Vec<String>>, ApiError> {
        let is_of_list = |other: &str| other.strip_suffix("[]").unwrap_or(other) == name;
        let all = self.0.iter().filter(|(other, _)| is_of_list(other));
        let values: Vec<String> = all.map(|(_, value)| value.clone()).collect();
        if values.len() > MOST_VALUES {
            return Err(must(name, "must not have more than 100 values"));
        }
        Ok((!values.is_empty()).then_some(values))
    }

    /// The range of `effective_at[gt]`, `[gte]`, `[lt]` and `[lte]`, in Unix seconds.
    pub(super) fn times(&self) -> Result<RangeInclusive<i64>, ApiError> {
        let bound = |name: &'static str| match self.value(name)? {
            None => Ok(None),
            Some(text) => match text.parse::<i64>() {
                Ok(seconds) => Ok(Some(seconds)),
                Err(_) => Err(must(name, "must be a time in whole Unix seconds")),
            },
        };
        let gt = bound("effective_at[gt]")?.map(|time| time.saturating_add(1));
        let lt = bound("effective_at[lt]")?.map(|time| time.saturating_sub(1));
        let (gte, lte) = (bound("effective_at[gte]")?, bound("effective_at[lte]")?);
        let first = gt.into_iter().chain(gte).fold(0, i64::max);
        let last = lt.into_iter().chain(lte).fold(u32::MAX.into(), i64::min);
        Ok(first..=last)
    }

    pub(super) fn value(&self, name: &'static str) -> Result<Option<&str>, ApiError> {
        let mut values = self.0.iter().filter(|(other, _)| other == name);
        let value = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() {
            return Err(invalid(name, ParameterProblem::Repeated));
        }
        Ok(value)
    }

    /// The page that `limit` and `after` request, oldest first.
    pub(super) fn page(&self) -> Result<PageRequest, ApiError> {
        Ok(PageRequest {
            after: self.value("after")?.map(str::to_owned),
            limit: self.limit()?,
            order: Order::Ascending,
        })
    }

    /// The page that `limit`, `after` and `order` request.
    pub(super) fn ordered_page(&self) -> Result<PageRequest, ApiError> {
        let order = match self.value("order")? {
            None | Some("asc") => Order::Ascending,
            Some("desc") => Order::Descending,
            Some(_) => return Err(must("order", "must be `asc` or `desc`")),
        };
        Ok(PageRequest {
            order,
            ..self.page()?
        })
    }

    /// The limit. SDKs send 0 for the default.
    pub(super) fn limit(&self) -> Result<NonZeroU32, ApiError> {
        let Some(text) = self.value("limit")? else {
            return Ok(DEFAULT_LIMIT);
        };
        let limit = text.parse().ok().filter(|limit| *limit <= MOST);
        let limit = limit.ok_or_else(|| must("limit", "must be an integer from 0 to 100"))?;
        Ok(NonZeroU32::new(limit).unwrap_or(DEFAULT_LIMIT))
    }

    /// A parameter that is `true` or `false`; absent, it is false.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, ApiError> {
        match self.value(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(must(name, "must be `true` or `false`")),
        }
    }

    /// Whether `owner_project_access` selects keys whose owners belong to the project. All keys are such keys.
    pub(super) fn selects_active_owners(&self) -> Result<bool, ApiError> {
        const NAME: &str = "owner_project_access";
        match self.value(NAME)? {
            None | Some("active" | "any") => Ok(true),
            Some("inactive") => Ok(false),
            Some(_) => Err(must(NAME, "must be `active`, `inactive` or `any`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> Result<(Option<String>, u32, Order), ApiError> {
        let page = Query::parse(Some(query)).ordered_page()?;
        Ok((page.after, page.limit.get(), page.order))
    }

    #[test]
    fn a_query_names_a_page() {
        let after = Some("a/b c".to_owned());
        for (query, expected) in [
            ("", (None, 20, Order::Ascending)),
            (
                "limit=0&order=asc&unknown=1&unknown=2",
                (None, 20, Order::Ascending),
            ),
            ("limit=100&order=desc", (None, 100, Order::Descending)),
            ("after=a%2Fb+c&limit=1", (after, 1, Order::Ascending)),
        ] {
            assert_eq!(page(query), Ok(expected), "{query}");
        }
    }

    #[test]
    fn a_query_names_lists_and_times() {
        let query = Query::parse(Some("a[]=1&b=2&a%5B%5D=3&a=4&ab[]=5"));
        let texts =
            |texts: &[&str]| Ok(Some(texts.iter().map(|text| (*text).to_owned()).collect()));
        assert_eq!(query.values("a"), texts(&["1", "3", "4"]));
        assert_eq!(query.values("c"), Ok(None));
        let many = Query::parse(Some(&"a[]=1&".repeat(101)));
        assert!(many.values("a").is_err());
        let most = i64::from(u32::MAX);
        for (query, expected) in [
            ("", 0..=most),
            ("effective_at[gt]=5&effective_at[lt]=9", 6..=8),
            ("effective_at[gte]=5&effective_at%5Blte%5D=9", 5..=9),
            ("effective_at[gt]=5&effective_at[gte]=5", 6..=most),
            ("effective_at[lte]=7&effective_at[lt]=7", 0..=6),
        ] {
            assert_eq!(Query::parse(Some(query)).times(), Ok(expected), "{query}");
        }
        let nothing = Query::parse(Some("effective_at[lt]=-9223372036854775808"));
        assert!(nothing.times().is_ok_and(|times| times.is_empty()));
        for query in [
            "effective_at[gt]=",
            "effective_at[lte]=1.5",
            "effective_at[lt]=1&effective_at[lt]=1",
        ] {
            assert!(Query::parse(Some(query)).times().is_err(), "{query}");
        }
    }

    #[test]
    fn an_invalid_parameter_is_refused_with_its_name() {
        for (query, expected) in [
            ("limit=101", "limit"),
            ("limit=-1", "limit"),
            ("limit=1.0", "limit"),
            ("limit=", "limit"),
            ("limit=1&limit=1", "limit"),
            ("after=a&after=b", "after"),
            ("order=ASC", "order"),
        ] {
            let Err(ApiError::InvalidParameter { name, .. }) = page(query) else {
                panic!("{query} is accepted");
            };
            assert_eq!(name, expected, "{query}");
        }
        let query = Query::parse(Some("a=true&b=1&owner_project_access=all"));
        assert_eq!(query.flag("a"), Ok(true));
        assert_eq!(query.flag("c"), Ok(false));
        assert!(query.flag("b").is_err() && query.selects_active_owners().is_err());
    }
}
