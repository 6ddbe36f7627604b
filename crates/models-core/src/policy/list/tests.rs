use std::hash::BuildHasher;

use proptest::prelude::*;

use super::*;

fn policy(mode: PolicyMode, entries: &[&str]) -> Policy {
    let entries = entries.iter().map(|entry| entry.parse().expect("an entry"));
    Policy::new(mode, entries.collect()).expect("a policy")
}

#[test]
fn an_allow_list_allows_its_entries_and_a_deny_list_all_others() {
    let entries = ["o3", "gpt-4.1", "ft:*", "a", "*-mini"];
    for (id, is_listed) in [
        ("a", true),
        ("o3", true),
        ("gpt-4.1", true),
        ("ft:x", true),
        ("o4-mini", true),
        ("ft:*", true),
        ("b", false),
        ("o", false),
        ("o33", false),
        ("zz", false),
    ] {
        assert_eq!(
            policy(PolicyMode::AllowList, &entries).allows(id),
            is_listed,
            "{id}"
        );
        assert_eq!(
            policy(PolicyMode::DenyList, &entries).allows(id),
            !is_listed,
            "{id}"
        );
    }
    assert!(!policy(PolicyMode::AllowList, &[]).allows("a"));
    assert!(policy(PolicyMode::DenyList, &[]).allows("a"));
}

#[test]
fn equal_policies_have_the_same_mode_and_entries_in_any_order() {
    let one = policy(PolicyMode::AllowList, &["b", "x*", "a", "b"]);
    let hasher = std::hash::RandomState::new();
    for (other, is_equal) in [
        (policy(PolicyMode::AllowList, &["x*", "a", "b"]), true),
        (policy(PolicyMode::DenyList, &["x*", "a", "b"]), false),
        (policy(PolicyMode::AllowList, &["x*", "ab"]), false),
        (policy(PolicyMode::AllowList, &["x*", "a"]), false),
    ] {
        assert_eq!(one == other, is_equal, "{other:?}");
        assert_eq!(one.digest() == other.digest(), is_equal);
        assert_eq!(hasher.hash_one(&one) == hasher.hash_one(&other), is_equal);
    }
    let entries: Vec<&str> = one.entries().collect();
    assert_eq!(entries, ["a", "b", "x*"]);
    assert_eq!(one.mode(), PolicyMode::AllowList);
    assert_eq!(format!("{one:?}"), r#"[AllowList, "a", "b", "x*"]"#);
    let json = serde_json::to_string(&one).expect("JSON");
    assert_eq!(json, r#"{"mode":"allow_list","model_ids":["a","b","x*"]}"#);
    assert_eq!(one.size(), size_of::<Policy>() + 4 + 3 * 4);
}

#[test]
fn an_entry_that_lists_none_of_the_ids_is_unused() {
    let policy = policy(PolicyMode::DenyList, &["a", "b", "x*", "y*", "*"]);
    let unused = |ids: &[&str]| policy.unused(&ids.iter().copied().collect()).join(" ");
    assert_eq!(unused(&["a", "xylophone"]), "b y*");
    assert_eq!(unused(&[]), "a b * x* y*");
}

#[test]
fn a_policy_has_at_most_10000_entries() {
    let entries =
        |count: usize| (0..count).map(|number| number.to_string().parse().expect("an entry"));
    let of = |count| Policy::new(PolicyMode::DenyList, entries(count).collect());
    assert_eq!(
        of(Policy::MOST_ENTRIES).expect("a policy").entries().len(),
        10_000
    );
    let error = of(Policy::MOST_ENTRIES + 1).expect_err("too many");
    assert_eq!(
        error.to_string(),
        "a policy must not have more than 10000 entries"
    );
}

#[test]
fn a_mode_has_one_spelling() {
    for mode in PolicyMode::ALL {
        assert_eq!(mode.as_str().parse(), Ok(mode));
    }
    assert!("allow".parse::<PolicyMode>().is_err());
}

proptest! {
    #[test]
    fn a_policy_lists_what_one_of_its_entries_names(
        entries in proptest::collection::vec("[ab]{1,3}|[ab*]{1,3}", 0..12), id in "[ab]{1,3}",
    ) {
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let is_named = entries.iter().any(|entry| matches(entry, &id));
        prop_assert_eq!(policy(PolicyMode::AllowList, &entries).allows(&id), is_named);
    }
}
