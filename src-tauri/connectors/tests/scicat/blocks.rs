//! Datablocks and original datablocks: made once, whatever happens.

use longshore_connectors::scicat::{DataFile, SciCat};
use longshore_testkit::servers::scicat::Trouble;
use serde_json::json;

use crate::common::{OTHER, PID, block, client, code, file, there};

#[tokio::test]
async fn a_datablock_is_registered_once() {
    let (server, client) = there();
    let made = client.register_datablock(PID, &block("a.tar")).await.unwrap();
    assert_eq!(client.register_datablock(PID, &block("a.tar")).await.unwrap(), made);
    assert_eq!(client.datablocks(PID).await.unwrap(), [made]);
    assert_eq!(server.state().times("POST", "/datablocks"), 1);
    let sent = server.state().datablocks[0].clone();
    assert_eq!((&sent["packedSize"], &sent["dataFileList"][0]["path"]), (&json!(10240), &json!("a.mrc")));
}

#[tokio::test]
async fn whatever_happens_to_the_answer_there_is_one_datablock() {
    let troubles = [Trouble::LosesAnswer, Trouble::HangsUp, Trouble::Proxy(502), Trouble::Proxy(504), Trouble::Fails];
    for trouble in troubles {
        let (server, client) = there();
        client.whoami().await.unwrap();
        server.trouble(Some("POST"), trouble, 2);
        client.register_datablock(PID, &block("a.tar")).await.unwrap();
        assert_eq!(server.state().datablocks.len(), 1, "{trouble:?}");
    }
}

#[tokio::test]
async fn a_name_that_another_dataset_has_is_refused() {
    let (_server, client) = there();
    client.register_datablock(OTHER, &block("a.tar")).await.unwrap();
    let error = client.register_datablock(PID, &block("a.tar")).await.unwrap_err();
    assert_eq!(error.code, "scicat.other_block");
    assert!(error.why.contains(OTHER), "{error}");
    client.register_datablock(PID, &block("b.tar")).await.unwrap();
    let mut other = block("b.tar");
    other.data_file_list.push(file("b.mrc", 1));
    assert_eq!(code(client.register_datablock(PID, &other).await), "scicat.other_block");
}

#[tokio::test]
async fn files_are_registered_in_pages_and_none_twice() {
    let (server, client) = there();
    let files: Vec<DataFile> = (0..45_000).map(|at| file(&format!("grid/{at:06}.mrc"), 1)).collect();
    let kept = client.register_files(PID, Some("md5"), &files[..5]).await.unwrap();
    assert_eq!((kept.before, kept.new, kept.blocks), (0, 5, 1));
    // The answer to the second of them is lost.
    server.trouble(Some("POST"), Trouble::LosesAnswer, 1);
    let kept = client.register_files(PID, Some("md5"), &files).await.unwrap();
    assert_eq!((kept.before, kept.new), (5, 44_995));
    let made = server.state().origdatablocks.len();
    assert_eq!(made, kept.blocks + 1);
    let largest = server.state().asked.iter().map(|asked| asked.body.len()).max().unwrap();
    assert!(largest < 5 << 20, "{largest}");
    assert_eq!(server.state().datasets[PID]["numberOfFiles"], json!(45_000));
    let read = client.origdatablocks(PID).await.unwrap();
    assert_eq!(read.len(), made);
    assert_eq!(read.iter().map(|block| block.data_file_list.len()).sum::<usize>(), 45_000);
    assert_eq!(client.register_files(PID, Some("md5"), &files).await.unwrap().new, 0);
}

#[tokio::test]
async fn original_datablocks_are_read_page_by_page() {
    let (server, client) = there();
    let count = 2 * SciCat::orig_page();
    for at in 0..count {
        client.register_files(PID, None, &[file(&format!("{at}"), 1)]).await.unwrap();
    }
    let before = server.state().times("GET", "/origdatablocks");
    assert_eq!(client.origdatablocks(PID).await.unwrap().len(), count);
    assert_eq!(server.state().times("GET", "/origdatablocks") - before, 3);
    assert!(client.origdatablocks(OTHER).await.unwrap().is_empty());
}

#[tokio::test]
async fn files_without_checksums_are_read_too() {
    let (server, _) = there();
    let client = client(&server, &json!({"version": "v3"}));
    let bare = DataFile { chk: None, ..file("a", 3) };
    client.register_files(PID, None, std::slice::from_ref(&bare)).await.unwrap();
    assert_eq!(client.origdatablocks(PID).await.unwrap()[0].data_file_list, [bare]);
    assert!(server.state().origdatablocks[0].get("chkAlg").is_none());
}
