-- Version 8: values that runs leave behind, such as {"rows": "5"}.

ALTER TABLE runs ADD COLUMN results TEXT; -- a JSON object; NULL it left none
