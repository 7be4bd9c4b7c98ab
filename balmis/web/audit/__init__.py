"""The auditor's desk: unusual looks at people, and the trail."""
