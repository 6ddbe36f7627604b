//! Rebuilds the crate after a change of the migrations, which `sqlx::migrate!` embeds.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
