#![allow(clippy::unwrap_used)]

use rusqlite::Connection;

use super::*;

fn writer(most_pages: u32) -> Writer {
    let sql = Connection::open_in_memory().unwrap();
    sql.pragma_update(None, "max_page_count", most_pages).unwrap();
    sql.execute_batch("CREATE TABLE t (x)").unwrap();
    Writer::start(sql).unwrap()
}

fn insert(writer: &Writer, bytes: usize) -> Result<()> {
    writer.blocking(move |sql| {
        sql.execute("INSERT INTO t VALUES (zeroblob(?))", [bytes])?;
        Ok(())
    })
}

fn rows(writer: &Writer) -> u64 {
    writer.blocking(|sql| Ok(sql.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)).unwrap()
}

#[test]
fn a_full_disk_is_told_and_what_was_there_stays() {
    let writer = writer(20);
    insert(&writer, 10_000).unwrap();
    assert_eq!(insert(&writer, 1_000_000), Err(Error::Full));
    assert_eq!(rows(&writer), 1);
    insert(&writer, 10_000).unwrap();
    assert_eq!(rows(&writer), 2);
    assert_eq!(Error::Full.fault().code, "database.full");
}

#[test]
fn a_change_that_breaks_off_leaves_nothing_and_harms_nobody() {
    let writer = writer(100);
    let broken: Result<()> = writer.blocking(|sql| {
        sql.execute("INSERT INTO t VALUES (1)", [])?;
        panic!("a bug")
    });
    assert_eq!(broken.unwrap_err().code(), "database.failed");
    assert_eq!(rows(&writer), 0);
    insert(&writer, 1).unwrap();
    assert_eq!(rows(&writer), 1);
}

#[test]
fn a_change_that_ends_the_transaction_is_told_to_all_of_its_group() {
    let writer = writer(100);
    let lost: Result<()> = writer.blocking(|sql| {
        sql.execute_batch("INSERT INTO t VALUES (1); ROLLBACK")?;
        Ok(())
    });
    assert_eq!(lost.unwrap_err().code(), "database.failed");
    assert_eq!(rows(&writer), 0);
}

#[test]
fn a_stopped_writer_says_so() {
    let writer = writer(100);
    insert(&writer, 1).unwrap();
    writer.stop().unwrap();
    writer.stop().unwrap();
    assert_eq!(insert(&writer, 1), Err(Error::Closed));
}
