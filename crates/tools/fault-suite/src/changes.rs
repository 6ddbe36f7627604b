//! Changes of the catalog on healthy and faulty nodes.

pub mod cancellation;
pub mod consistency;
pub mod imports;
pub mod notifications;
pub mod restriction;
pub mod revocation;
