mod encodings;
mod entries;
mod failures;
mod reading;
mod shapes;
mod times;
