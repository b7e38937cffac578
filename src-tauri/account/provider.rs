//! The table of known providers: domain -> servers, the kind of password, quirks. See `shared` facts.
