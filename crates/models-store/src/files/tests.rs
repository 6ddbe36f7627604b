use std::os::unix::fs::symlink;

use super::*;

#[test]
fn all_links_to_a_file_resolve_to_one_path_even_before_it_exists() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    fs::create_dir(root.join("real")).unwrap();
    symlink(root.join("real"), root.join("directory")).unwrap();
    symlink("real/models.db", root.join("file")).unwrap();
    symlink("file", root.join("again")).unwrap();
    let real = root.join("real/models.db");
    for exists in [false, true] {
        for path in [
            "real/models.db",
            "directory/models.db",
            "file",
            "again",
            "real/../file",
        ] {
            assert_eq!(locate(&root.join(path), false).unwrap(), real, "{path}");
        }
        if !exists {
            assert!(create(&real, FILE_MODE).unwrap());
        }
    }
}

#[test]
fn circular_links_are_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| directory.path().join(name));
    symlink(&one, &other).unwrap();
    symlink(&other, &one).unwrap();
    let located = locate(&one, true);
    assert!(
        matches!(located, Err(OpenError::File { .. })),
        "{located:?}"
    );
}

#[test]
fn a_file_is_created_once_and_with_its_mode() {
    let directory = tempfile::tempdir().unwrap();
    for mode in [0o600, 0o660] {
        let path = directory.path().join(mode.to_string());
        assert!(create(&path, mode).unwrap());
        assert!(!create(&path, 0o666).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, mode);
    }
}

#[test]
fn removed_and_replaced_files_are_detected() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("models.db");
    let log = beside(&path, "-wal");
    let make = |path: &Path| fs::write(path, "").unwrap();
    make(&path);
    make(&log);
    let files = FileSet::at(&path).unwrap().unwrap();
    assert_eq!(files.state(&path), FileState::InPlace);
    fs::rename(&log, directory.path().join("away")).unwrap();
    assert_eq!(files.state(&path), FileState::LogMissing);
    make(&log);
    assert_eq!(files.state(&path), FileState::LogMissing);
    fs::rename(&path, directory.path().join("gone")).unwrap();
    assert_eq!(files.state(&path), FileState::Removed);
    make(&path);
    assert_eq!(files.state(&path), FileState::Replaced);
}
