//! Folders of this machine, mounted file systems included.
