mod epoch;
mod lease;
mod log;
mod rounds;
mod running;
mod scene;
