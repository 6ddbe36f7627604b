use super::*;

fn refused(query: &str) -> String {
    let url = format!("postgres://me:s3cret@db.example:5432/models?{query}");
    let said = check_parameters(&url).unwrap_err().to_string();
    assert!(!said.contains("s3cret"), "{said}");
    said
}

#[test]
fn ignored_parameters_are_refused_by_name() {
    for (query, said) in [
        ("sslmod=require", "`sslmod` (did you mean `sslmode`?)"),
        ("sslmodes=require", "`sslmodes` (did you mean `sslmode`?)"),
        ("SSLMODE=require", "`SSLMODE` (did you mean `sslmode`?)"),
        ("sslMode=require", "`sslMode` (did you mean `sslmode`?)"),
        (
            "ssl_root_cert=x",
            "`ssl_root_cert` (did you mean `sslrootcert`?)",
        ),
        ("ssl_mode=require", "`ssl_mode` (write sslmode)"),
        ("ssl=true", "`ssl` (write sslmode=require,"),
        (
            "sslmode=require&connect_timeout=3",
            "`connect_timeout` (use the setting",
        ),
        (
            "target_session_attrs=read-write",
            "`target_session_attrs` (leave it out",
        ),
        (
            "channel_binding=require",
            "`channel_binding` (write sslmode=verify-full",
        ),
        ("sslpassword=hidden", "`sslpassword` (write the key without"),
        ("Password=hidden", "`Password` (did you mean `password`?)"),
        (
            "colour=red",
            "`colour` (the parameters are sslmode, sslrootcert,",
        ),
        (
            "a%20b=red",
            "a parameter without a name or a value (the parameters are",
        ),
        (
            "hidden",
            "a parameter without a name or a value (the parameters are",
        ),
        ("sslmode=require&ssl-mode=disable", "`sslmode` twice"),
    ] {
        let text = refused(query);
        assert!(
            text.contains(said) && !text.contains("hidden"),
            "{query}: {text}"
        );
    }
}

#[test]
fn supported_parameters_are_accepted() {
    for known in KNOWN.into_iter().chain(ALSO_KNOWN.map(|(also, _)| also)) {
        let url = format!("postgres://h/d?{known}=1");
        assert!(check_parameters(&url).is_ok(), "{known}");
    }
    for url in [
        "postgres://h/d",
        "postgres://h/d?",
        "postgres://h/d?options[a]=1&options[b]=2&options=-c%20c=3",
        "postgres://h/d?user=me@tenant&password=p@ss",
    ] {
        assert!(check_parameters(url).is_ok(), "{url}");
    }
    for (name, _) in UNSUPPORTED {
        assert!(known(name).is_none(), "{name}");
    }
}

#[test]
fn a_password_with_a_raw_question_mark_or_hash_is_not_shown() {
    for url in [
        "postgres://me:pa?zq=word@h/d",
        "postgres://me:5/a?zq=word@h/d",
        "postgres://me:pa#zq@h/d",
        "postgres://me:p@h/d#sslmode=require",
    ] {
        let said = parse(url).unwrap_err().to_string();
        assert!(
            said.contains("%3F") && !said.contains("zq"),
            "{url}: {said}"
        );
    }
}

/// Checks the parameters against sqlx, to notice a new version that reads other names.
#[test]
fn supported_parameters_take_effect_in_sqlx() {
    let options = parse(
        "postgres://h/d?sslmode=verify-full&host=other&port=7&dbname=x&user=u&application_name=mine&options=-c%20a=1",
    )
    .unwrap();
    assert!(matches!(options.get_ssl_mode(), PgSslMode::VerifyFull));
    assert_eq!((options.get_host(), options.get_port()), ("other", 7));
    assert_eq!(
        (options.get_database(), options.get_username()),
        (Some("x"), "u")
    );
    assert_eq!(options.get_application_name(), Some("mine"));
    assert_eq!(options.get_options(), Some("-c a=1"));
    let options = parse("postgres://h/d?ssl-mode=require").unwrap();
    assert!(matches!(options.get_ssl_mode(), PgSslMode::Require));
    let options = parse("postgres://h/d?hostaddr=192.0.2.1").unwrap();
    assert_eq!(options.get_host(), "192.0.2.1");
}
