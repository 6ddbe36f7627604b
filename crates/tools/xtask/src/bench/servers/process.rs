//! The CPU time and memory of a process and its children, from `/proc`.

use std::fs;
use std::path::PathBuf;

/// The clock rate of `/proc/PID/stat`, which is the same on every architecture of Linux today.
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory in KiB: resident, and with shared pages divided among their users.
#[derive(Clone, Copy, Default)]
pub struct Memory {
    pub resident: u64,
    pub proportional: u64,
}

/// The CPU time of the process tree's threads in nanoseconds.
pub fn cpu_nanoseconds(root: u32) -> u64 {
    let tasks = tree(root).into_iter().flat_map(tasks);
    tasks
        .filter_map(|task| {
            let text = fs::read_to_string(task.join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        })
        .sum()
}

/// The CPU time of this process's ended children in seconds.
pub fn children_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may contain spaces. Counted from its end, these are the 14th and the
    // 15th field.
    let fields = text.rsplit(')').next().unwrap_or_default();
    let times = fields.split_whitespace().skip(13).take(2);
    times
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS_PER_SECOND
}

pub fn memory(root: u32) -> Memory {
    let mut memory = Memory::default();
    for process in tree(root) {
        let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
        memory.resident += kibibytes(&text, "Rss:");
        memory.proportional += kibibytes(&text, "Pss:");
    }
    memory
}

fn kibibytes(text: &str, name: &str) -> u64 {
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// The process and all its descendants.
fn tree(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&process) = found.get(next) {
        next += 1;
        for task in tasks(process) {
            let children = fs::read_to_string(task.join("children")).unwrap_or_default();
            found.extend(
                children
                    .split_whitespace()
                    .filter_map(|child| child.parse::<u32>().ok()),
            );
        }
    }
    found
}

fn tasks(process: u32) -> Vec<PathBuf> {
    let entries = fs::read_dir(format!("/proc/{process}/task"));
    let entries = entries.into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).collect()
}
