//! A disk whose state at one moment can be copied.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Failure;
use crate::environment::database::{is_root, run as execute};

/// A disk in a file. Its file system can be copied as it is at one moment.
pub struct Disk {
    directory: TempDir,
    /// The mount points and the loop devices, the last one first.
    mounted: Vec<PathBuf>,
    devices: Vec<String>,
}

impl Disk {
    pub fn make() -> Result<Self, Failure> {
        if !is_root() {
            return Err(
                "mounting a file system needs root; use `--leave-out power` to run without it"
                    .into(),
            );
        }
        let mut disk = Self {
            directory: tempfile::tempdir()?,
            mounted: vec![],
            devices: vec![],
        };
        let path = |name: &str| disk.directory.path().join(name);
        let (host, below, on) = (path("host.img"), path("host"), path("disk"));
        for directory in [&below, &on, &path("crash")] {
            std::fs::create_dir(directory)?;
        }
        execute(Command::new("truncate").args(["-s", "400M"]).arg(&host))?;
        execute(
            Command::new("mkfs.xfs")
                .args(["-q", "-m", "reflink=1"])
                .arg(&host),
        )?;
        disk.mount(&host, &below)?;
        let image = below.join("disk.img");
        execute(Command::new("truncate").args(["-s", "64M"]).arg(&image))?;
        execute(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&image))?;
        disk.mount(&image, &on)?;
        Ok(disk)
    }

    fn mount(&mut self, image: &Path, at: &Path) -> Result<(), Failure> {
        let found = Command::new("losetup")
            .args(["-f", "--show"])
            .arg(image)
            .output()?;
        if !found.status.success() {
            return Err(String::from_utf8_lossy(&found.stderr).into());
        }
        let device = String::from_utf8(found.stdout)?.trim().to_owned();
        self.devices.insert(0, device.clone());
        execute(Command::new("mount").arg(device).arg(at))?;
        self.mounted.insert(0, at.to_owned());
        Ok(())
    }

    fn unmount(&mut self) {
        if !self.mounted.is_empty() {
            let _ = execute(Command::new("umount").arg(self.mounted.remove(0)));
        }
        if !self.devices.is_empty() {
            let _ = execute(Command::new("losetup").args(["-d", &self.devices.remove(0)]));
        }
    }

    /// The directory that the service writes to.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("disk")
    }

    /// Copies the disk as after a power cut at this moment, and runs `check` on the copy.
    pub async fn cut<T>(
        &mut self,
        check: impl AsyncFnOnce(&Path) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (image, copy) = (
            self.directory.path().join("host/disk.img"),
            self.directory.path().join("host/crash.img"),
        );
        execute(
            Command::new("cp")
                .arg("--reflink=always")
                .args([&image, &copy]),
        )?;
        let at = self.directory.path().join("crash");
        self.mount(&copy, &at)?;
        let seen = check(&at).await;
        self.unmount();
        seen
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        while !self.devices.is_empty() {
            self.unmount();
        }
    }
}
