import type { Metadata } from "@/api/types";

/** What is said of a dataset for SciCat. */
export function Said({ of, pid }: { of: Metadata; pid: string | null }) {
  const rows: [string, string][] = [
    ["In SciCat", pid ?? "not registered yet"], ["Type", of.type], ["Owner", `${of.owner}, ${of.ownerGroup}`], ["Access groups", of.accessGroups.join(", ")],
    ["Contact", of.contactEmail], ["Principal investigator", of.principalInvestigator], ["Measured at", of.creationLocation], ["Measured when", of.creationTime ?? ""],
    ["Description", of.description], ["Keywords", of.keywords.join(", ")], ["Made from", of.inputDatasets.join(", ")], ["Made by", of.usedSoftware.join(", ")],
  ];
  const measured = Object.keys(of.scientificMetadata).length > 0 ? JSON.stringify(of.scientificMetadata, null, 2) : undefined;
  return (
    <details className="padx" data-testid="dataset-said">
      <summary>Metadata</summary>
      <table className="dense"><tbody>
        {rows.filter(([, value]) => value !== "").map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td>{value}</td></tr>)}
      </tbody></table>
      {measured === undefined ? null : <pre className="mono">{measured}</pre>}
    </details>
  );
}
