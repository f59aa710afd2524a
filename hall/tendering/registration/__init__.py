"""Registration (报名) and questions about the documents (clause 5.2.1): who has the documents, and what was asked."""
